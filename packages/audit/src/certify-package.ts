import { inTransaction, listDeals } from "@cairn/catalog";
import { eachBounded } from "@cairn/core";
import { pieceCidV2 } from "@cairn/proofs";
import {
  CERTIFICATE_FORMAT,
  CERTIFICATE_LIMITS,
  type Certificate,
  type CertifiedDeal,
  type CertifiedLeaf,
  certificateDigest,
  certificateText,
  verifierSetId,
} from "@cairn/proofs/certificate";
import {
  type Address,
  CairnError,
  type DealId,
  fromHex,
  type Hex,
  messageToJson,
  type PackageId,
  toHex,
  type VerdictLeaf,
} from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import type { PoolClient } from "pg";
import { auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { type CustodyRun, custodyOf } from "./custody.ts";
import { type FinalRoot, type ProvenLeaf, readLeaves, readRoot } from "./keep-custody.ts";

/** Quotes that are read from the chain at once. */
const AT_ONCE = 8;

/** Signs certificates as the executor of the packages. */
export interface Certifier {
  address: Address;
  sign(digest: Uint8Array): Hex;
}

/**
 * The custody certificate of a package, as a file: what its deals under this gateway's verifiers came to, with what bears it out. docs/certificate.md has
 * the format.
 * @throws CairnError `nothing-to-certify`, `certificate-too-large`
 */
export async function certifyPackage(
  context: AuditContext,
  certifier: Certifier,
  request: { package: PackageId; pieces?: readonly number[] },
): Promise<string> {
  const read = await inTransaction(context.pool, async (client) => {
    await client.query("set transaction isolation level repeatable read, read only");
    return readPackage(context, client, request);
  });
  const { roots, positions } = await rootsOf(context, read.leaves);
  const deals: CertifiedDeal[] = [];
  await eachBounded(read.deals, AT_ONCE, async ({ deal, receiptTime, state, lastPeriod }) => {
    const record = await context.ledger.deal(deal);
    if (record === undefined) return;
    const { quote } = record;
    deals.push({
      deal,
      quote: messageToJson<"Quote">({
        provider: quote.provider,
        owner: quote.owner,
        documentHash: quote.documentHash,
        piece: quote.piece,
        shard: quote.shard,
        commitment: quote.commitment,
        rawLength: quote.rawLength,
        pricePerPeriod: quote.pricePerPeriod,
        egressPrice: quote.egressPrice,
        periods: quote.periods,
        duty: quote.duty,
        verifierSet: quote.verifierSet,
        expiry: quote.expiry,
        nonce: quote.nonce,
      }),
      receivedAt: receiptTime,
      state,
      lastPeriod: Math.min(lastPeriod, 2 ** 40),
      spans: (read.custody.get(deal) ?? []).map(({ from, to, outcome, counted, proved, onChain }) => ({
        ...{ from, to, outcome, counted, proved, onChain },
      })),
      leaves: (read.leaves.get(deal) ?? []).flatMap((proven) => leafOf(proven, positions)),
    });
  });
  const { deployment, verifiers, quorum } = context;
  const certificate: Certificate = {
    format: CERTIFICATE_FORMAT,
    issuedAt: Math.floor(context.clock.now()),
    period: deals.reduce((most, { spans }) => Math.max(most, spans.at(-1)?.to ?? 0), 0),
    network: {
      chainId: deployment.chainId,
      deals: deployment.deals,
      registry: deployment.registry,
      ledger: deployment.ledger,
      genesisTime: deployment.genesisTime,
      periodSeconds: deployment.periodSeconds,
    },
    set: await verifierSetOf(
      context,
      verifiers.map(({ address }) => address),
      quorum,
    ),
    package: read.package,
    pieces: read.pieces,
    roots,
    deals: deals.toSorted(
      (a, b) => a.quote.piece - b.quote.piece || a.quote.shard - b.quote.shard || a.receivedAt - b.receivedAt,
    ),
    gateway: certifier.address,
  };
  const text = certificateText({ certificate, signature: certifier.sign(certificateDigest(certificate)) });
  if (text.length > CERTIFICATE_LIMITS.bytes) throw tooLarge(`${text.length} bytes`);
  return text;
}

function tooLarge(what: string): CairnError {
  return new CairnError(`the certificate would have ${what}`, {
    code: "certificate-too-large",
    kind: "exhausted",
    next: "Ask for a certificate of some of the pieces only.",
  });
}

async function readPackage(
  context: AuditContext,
  client: PoolClient,
  { package: id, pieces: wanted }: { package: PackageId; pieces?: readonly number[] },
) {
  const { rows } = await client.query<{ owner: Address; document_hash: Hex | null; document: Buffer | null }>(
    "select owner, document_hash, document from catalog.packages where id = $1",
    [id],
  );
  const [row] = rows;
  if (row === undefined || row.document === null || row.document_hash === null) throw nothing();
  const { pieces } = decodeDocument(row.document);
  const chosen = pieces.flatMap(({ length, commP }, piece) =>
    wanted === undefined || wanted.includes(piece)
      ? [{ piece, length, commP, pieceCid: pieceCidV2(fromHex(commP), length).toString() }]
      : [],
  );
  const own = await listDeals(client, { package: { owner: row.owner, documentHash: row.document_hash } });
  const named = new Set(chosen.map(({ piece }) => piece));
  const ids = own
    .filter(
      ({ piece, receivedAt, verifierSet }) =>
        named.has(piece) && receivedAt !== null && verifierSet === context.verifierSet,
    )
    .map(({ deal }) => deal);
  if (ids.length === 0) throw nothing();
  if (ids.length > CERTIFICATE_LIMITS.deals) throw tooLarge(`${ids.length} deals`);
  const custody = await custodyOf(client, ids);
  return {
    package: { id, owner: row.owner, documentHash: row.document_hash, document: row.document.toString("base64") },
    pieces: chosen,
    deals: await auditedDeals({ pool: client, deployment: context.deployment }, { deals: ids }),
    custody,
    leaves: await leavesOf(context, client, ids, custody),
  };
}

function nothing(): CairnError {
  return new CairnError("no provider has received a shard of this under a deal of this gateway's verifiers", {
    code: "nothing-to-certify",
    kind: "conflict",
    next: "Wait until it is stored, as `cairn show` says, or ask the gateway that stored it.",
  });
}

/** Of each deal the leaves that were kept, and that of its last run where that goes on; in the order of their periods. */
async function leavesOf(
  { verifierSet }: AuditContext,
  client: PoolClient,
  ids: readonly DealId[],
  custody: ReadonlyMap<DealId, readonly CustodyRun[]>,
): Promise<Map<DealId, ProvenLeaf[]>> {
  const { rows } = await client.query<VerdictLeaf & { path: Buffer }>(
    `select deal, kept_period::float8 as period, fulfilled, committed, verdict::int as verdict, fault_a::float8 as "faultA",
  fault_b::float8 as "faultB", path
from audit.custody where deal = any($1) and kept_period >= 0 order by kept_period`,
    [ids],
  );
  const leaves = new Map<DealId, ProvenLeaf[]>(ids.map((id) => [id, []]));
  for (const { path, ...leaf } of rows) leaves.get(leaf.deal)?.push({ leaf, path: wordsOf(path) });
  const trees = new Map<number, Awaited<ReturnType<typeof readLeaves>>>();
  for (const [deal, runs] of custody) {
    const kept = new Set((leaves.get(deal) ?? []).map(({ leaf }) => leaf.period));
    for (const { to } of runs.filter((run, at) => !kept.has(run.to) && at >= runs.length - UNKEPT)) {
      if (!trees.has(to)) trees.set(to, await readLeaves(client, verifierSet, to));
      const proven = trees.get(to)?.(deal);
      if (proven !== undefined) leaves.get(deal)?.push(proven);
    }
    leaves.get(deal)?.sort((a, b) => a.leaf.period - b.leaf.period);
  }
  return leaves;
}

/** The last run goes on; some before it may have ended so lately that nothing was kept of them yet. */
const UNKEPT = 4;

function wordsOf(path: Buffer): Hex[] {
  return Array.from({ length: path.length / 32 }, (_, at) => toHex(path.subarray(32 * at, 32 * (at + 1))));
}

/** The roots that leaves lead to, ascending, and where each stands. */
async function rootsOf(
  context: AuditContext,
  leaves: ReadonlyMap<DealId, readonly ProvenLeaf[]>,
): Promise<{ roots: FinalRoot[]; positions: Map<number, number> }> {
  const needed = new Set([...leaves.values()].flatMap((some) => some.map(({ leaf }) => leaf.period)));
  const { rows } = await context.pool.query<FinalRoot>(
    `select period::float8 as period, root, leaf_file_hash as "leafFileHash", leaves, final_at::float8 as "finalizedAt", votes
from audit.kept_roots where period = any($1::bigint[])`,
    [[...needed]],
  );
  const roots = new Map(rows.map((row) => [row.period, row]));
  for (const period of needed) {
    if (roots.has(period)) continue;
    const root = await readRoot(context, context.pool, period);
    if (root !== undefined) roots.set(period, root);
  }
  const sorted = [...roots.values()]
    .toSorted((a, b) => a.period - b.period)
    .map(({ period, root, leafFileHash, leaves: count, finalizedAt, votes }) => ({
      ...{ period, root, leafFileHash, leaves: count, finalizedAt, votes },
    }));
  return { roots: sorted, positions: new Map(sorted.map(({ period }, at) => [period, at])) };
}

function leafOf({ leaf, path }: ProvenLeaf, positions: ReadonlyMap<number, number>): CertifiedLeaf[] {
  const root = positions.get(leaf.period);
  const { fulfilled, committed, verdict, faultA, faultB } = leaf;
  return root === undefined ? [] : [{ root, fulfilled, committed, verdict, faultA, faultB, path }];
}

/** As it was registered: the order of its members is part of its id. */
async function verifierSetOf(
  { ledger, verifierSet }: AuditContext,
  own: readonly Address[],
  quorum: number,
): Promise<Certificate["set"]> {
  const ours = { verifiers: [...own], quorum };
  if (verifierSetId(ours) === verifierSet) return ours;
  const registered = await ledger.verifierSet(verifierSet);
  return registered === undefined ? ours : { verifiers: registered.verifiers, quorum: registered.quorum };
}
