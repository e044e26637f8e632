import { createHash } from "node:crypto";
import {
  type DealRow,
  inTransaction,
  listDeals,
  PAGE_LIMIT,
  type Queryable,
  recordEvents,
  toJson,
} from "@cairn/catalog";
import { emptySlot, highest, lastScheduledPeriod, lowest, periodAt, periodStart, type SlotState } from "@cairn/core";
import {
  type Address,
  CairnError,
  type CommitmentDocument,
  type DealState,
  type Hex,
  type PackageId,
  recoverTyped,
  type Seconds,
  type Signed,
  shardsRoot,
  signedToJson,
} from "@cairn/protocol";
import { decodeDocument, hashDocument } from "@cairn/protocol/document";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { insertSlots } from "./complete-package.ts";
import { assertSigner, type Context, randomHex, sameAddress } from "./context.ts";
import { bytesOf, findByDocument, loadPackage, type PackageRow } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import { refreshPackage } from "./refresh-package.ts";
import { lockSlot, saveSlot } from "./slot-rows.ts";
import type { PackageDetail, PackageLayout, RecoverablePackage } from "./types.ts";

const LIVE: readonly DealState[] = ["ACTIVE"];
const MANIFEST_TIMEOUT_SECONDS = 60;

/**
 * A page of what the finalised chain knows of an owner's packages, by document hash; the cursor is the last one. `known` is the id of one
 * that this gateway has whole: one whose recovery was cut short before its owner had set the repair key is still to be recovered.
 */
export async function listRecoverable(
  context: Pick<Context, "pool">,
  { owner, limit = PAGE_LIMIT, after }: { owner: Address; limit?: number; after?: Hex },
): Promise<{ packages: RecoverablePackage[]; next: Hex | null }> {
  const { rows } = await context.pool.query<RecoverablePackage>(
    `select d.document_hash as "documentHash", count(*)::int as deals,
       (select p.id from catalog.packages p where p.document_hash = d.document_hash and p.owner = $1 and p.state <> 'ABANDONED'
        and (not p.recovered or p.repair_key is not null) order by p.created_at limit 1) as known
     from catalog.deals d where d.owner = $1 and d.state = any($2) and ($3::text is null or d.document_hash > $3)
     group by d.document_hash order by d.document_hash limit $4`,
    [owner.toLowerCase(), LIVE, after ?? null, limit + 1],
  );
  const packages = rows.slice(0, limit);
  return { packages, next: rows.length > limit ? packages.at(-1)!.documentHash : null };
}

/**
 * Register packages that only the chain and the providers know. Document and manifest come from whoever answers and are compared with the
 * hash on chain.
 * @throws CairnError `bad-signature`, `bad-capability`, `nothing-to-recover`, `package-id-taken`, `manifest-unavailable` with each provider's reason
 */
export async function recoverPackages(
  context: Context,
  request: { account: string; owner: Address; capabilities: Signed<"ReadCapability">[] },
): Promise<PackageDetail[]> {
  const recovered: PackageDetail[] = [];
  for (const capability of request.capabilities) {
    const { message, signature } = capability;
    if (!sameAddress(message.audience, context.executor) || message.expiry <= BigInt(context.chainNow())) {
      throw new CairnError("the read capability is for another gateway, or it ran out", {
        code: "bad-capability",
        kind: "auth",
        next: "Sign one for this gateway's executor.",
      });
    }
    assertSigner(
      "the read capability",
      recoverTyped("ReadCapability", message, context.deployment, signature),
      request.owner,
    );
    const known = await findByDocument(context.pool, { owner: request.owner, documentHash: message.documentHash });
    if (known !== undefined) await mendManifest(context, known, capability);
    const id = known?.id ?? (await recoverOne(context, request, capability));
    recovered.push(await packageStatus(context, { id }));
  }
  return recovered;
}

async function recoverOne(
  context: Context,
  request: { account: string; owner: Address },
  capability: Signed<"ReadCapability">,
): Promise<PackageId> {
  const { documentHash } = capability.message;
  const history = await listDeals(context.pool, { package: { owner: request.owner, documentHash } });
  const deals = history.filter(({ state }) => LIVE.includes(state));
  if (deals.length === 0) {
    throw new CairnError(`no live deal on chain has the document hash ${documentHash}`, {
      code: "nothing-to-recover",
      kind: "missing",
      next: "Ask which packages can be recovered, and sign for those.",
    });
  }
  const { document, documentBytes, manifest } = await fetchManifest(context, deals, capability);
  if (!sameAddress(document.owner, request.owner)) {
    throw new CairnError("the package belongs to somebody else", { code: "bad-capability", kind: "auth" });
  }
  const key = `manifests/${document.package}/${randomHex(context, 8).slice(2)}`;
  await writeManifest(context, key, manifest, async () => {
    const stored = { documentBytes, documentHash, key, ...timesOf(document, history) };
    await register(context, request.account, document, stored, deals, capability);
  });
  return document.package;
}

/**
 * Keep a manifest, and do what names it. Where that fails otherwise than by a refusal of ours, as when the connection dies behind the commit, the row may
 * name it: whether it does is for the sweep to see (sweep-orphans.ts).
 */
async function writeManifest(
  context: Context,
  key: string,
  manifest: Uint8Array,
  name: () => Promise<void> = async () => undefined,
): Promise<void> {
  context.writing.add(key);
  try {
    await context.blobs.putIfAbsent(key, once(manifest));
    await name();
  } catch (error) {
    if (error instanceof CairnError && error.code === "package-id-taken") await context.blobs.remove(key);
    throw error;
  } finally {
    context.writing.delete(key);
  }
}

/** The manifest of a package that is known may have been lost; providers have it still. */
async function mendManifest(
  context: Context,
  { owner, manifest: named }: Pick<PackageRow, "owner" | "manifest">,
  capability: Signed<"ReadCapability">,
): Promise<void> {
  if (!named || (await context.blobs.size(named.key)) !== undefined) return;
  const { documentHash } = capability.message;
  const deals = await listDeals(context.pool, { package: { owner, documentHash } });
  const live = deals.filter(({ state }) => LIVE.includes(state));
  const { manifest } = await fetchManifest(context, live, capability);
  await writeManifest(context, named.key, manifest);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Fetched {
  document: CommitmentDocument;
  documentBytes: Uint8Array;
  manifest: Uint8Array;
}

async function fetchManifest(
  context: Context,
  deals: readonly DealRow[],
  capability: Signed<"ReadCapability">,
): Promise<Fetched> {
  const { documentHash } = capability.message;
  const refusals: string[] = [];
  for (const provider of new Set(deals.map((deal) => deal.provider))) {
    try {
      const answer = await context.transport.request(
        provider,
        { type: "manifest", documentHash, capability },
        { timeoutSeconds: MANIFEST_TIMEOUT_SECONDS, signal: context.stopping },
      );
      return checkManifest(
        documentHash,
        Buffer.from(answer.document, "base64"),
        Buffer.from(answer.manifest, "base64"),
      );
    } catch (error) {
      refusals.push(`${provider.slice(0, 10)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new CairnError(
    `no provider gave the manifest of the document ${documentHash} (${refusals.slice(0, 6).join("; ")})`,
    {
      code: "manifest-unavailable",
      kind: "unavailable",
      next: "Try again when a provider of the package is connected.",
      details: { documentHash, refusals },
    },
  );
}

function checkManifest(documentHash: Hex, documentBytes: Uint8Array, manifest: Uint8Array): Fetched {
  if (hashDocument(documentBytes) !== documentHash) {
    throw new CairnError("its document has another hash than the chain", { code: "wrong-hash", kind: "corrupt" });
  }
  const document = decodeDocument(documentBytes);
  const sha256 = sha256Hex(manifest);
  if (manifest.length !== document.manifest.size || sha256 !== document.manifest.sha256) {
    throw new CairnError("its manifest has another hash than the document says", {
      code: "wrong-hash",
      kind: "corrupt",
    });
  }
  return { document, documentBytes, manifest };
}

async function register(
  context: Context,
  account: string,
  document: CommitmentDocument,
  stored: { documentBytes: Uint8Array; documentHash: Hex; key: string } & Times,
  deals: readonly DealRow[],
  capability: Signed<"ReadCapability">,
): Promise<void> {
  const id = document.package;
  const quotes = await Promise.all(deals.map(async (deal) => (await context.ledger.deal(deal.deal))?.quote ?? null));
  const lastPeriod = highest(deals.map((deal) => lastPeriodOf(context, deal)));
  await inTransaction(context.pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into catalog.packages as p (id, account, owner, name_hash, label, state, k, n, mask, layout, days, root, document_hash,
         shards_root, document, manifest_key, manifest_sha256, manifest_size, read_capability, verifier_set, created_at, committed_at,
         stored_at, expires_at, recovered)
       values ($1, $2, $3, $4, '', 'STORED', $5, $6, $7, 'private', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, to_timestamp($19),
         to_timestamp($19), to_timestamp($20), $18, true)
       on conflict (id) do update set name_hash = excluded.name_hash, label = excluded.label, state = excluded.state, layout = excluded.layout,
         days = excluded.days, root = excluded.root, document_hash = excluded.document_hash, shards_root = excluded.shards_root,
         document = excluded.document, manifest_key = excluded.manifest_key, manifest_sha256 = excluded.manifest_sha256,
         manifest_size = excluded.manifest_size, read_capability = excluded.read_capability, verifier_set = excluded.verifier_set,
         created_at = excluded.created_at, committed_at = excluded.committed_at, stored_at = excluded.stored_at,
         expires_at = excluded.expires_at, recovered = true, repair_key = null
       where p.state = 'ABANDONED' and p.account = excluded.account and p.owner = excluded.owner
         and (p.document_hash is null or p.document_hash = excluded.document_hash)`,
      [
        id,
        account,
        document.owner,
        createHash("sha256").update(`recovered ${id}`).digest(),
        document.k,
        document.n,
        document.mask,
        0,
        document.root,
        stored.documentHash,
        shardsRoot(document),
        Buffer.from(stored.documentBytes),
        stored.key,
        document.manifest.sha256,
        document.manifest.size,
        toJson(signedToJson(capability)),
        deals[0]!.verifierSet,
        periodStart(lastPeriod + 1, context.deployment),
        stored.createdAt,
        stored.storedAt,
      ],
    );
    // One that was undone here and lives on chain is begun anew: what an older state of the database had forgotten was signed for.
    if (rowCount === 1) await client.query("delete from catalog.pieces where package = $1", [id]);
    else await assertSamePackage(client, { id, account, owner: document.owner }, stored.documentHash);
    await client.query(
      `insert into catalog.pieces (package, number, length, comm_p)
       select $1, t.* from unnest($2::integer[], $3::bigint[], $4::text[]) as t on conflict do nothing`,
      [
        id,
        document.pieces.map((_, number) => number),
        document.pieces.map((piece) => piece.length),
        document.pieces.map((piece) => piece.commP),
      ],
    );
    await insertSlots(client, id, document.pieces, "none");
    for (const [i, deal] of deals.entries()) {
      const slot = await lockSlot(client, id, deal.piece, deal.shard);
      const state: SlotState = { ...emptySlot("none"), phase: "ACTIVE", provider: deal.provider, deal: deal.deal };
      await saveSlot(client, { ...slot, state, quote: quotes[i] ?? null });
    }
    await recordEvents(client, [
      {
        package: id,
        kind: "package-recovered",
        severity: "info",
        message: `The package was found on chain; ${deals.length} of its ${document.pieces.length * document.n} shards are live.`,
      },
    ]);
    await refreshPackage(context, client, id);
  });
}

interface Times {
  createdAt: Seconds;
  /** Null where a shard was never proved. */
  storedAt: Seconds | null;
}

/** When the package was proposed, and when the last of its shards was proved for the first time; later deals repaired it. */
function timesOf(document: CommitmentDocument, history: readonly DealRow[]): Times {
  const firstProofs = new Map<string, Seconds>();
  for (const { piece, shard, activatedAt } of history) {
    if (activatedAt === null) continue;
    const key = `${piece}/${shard}`;
    firstProofs.set(key, Math.min(activatedAt, firstProofs.get(key) ?? activatedAt));
  }
  const isWhole = firstProofs.size === document.pieces.length * document.n;
  return {
    createdAt: lowest(history.map((deal) => deal.proposedAt)),
    storedAt: isWhole ? highest(firstProofs.values()) : null,
  };
}

/** The id stands in a document that its owner wrote: it may be another's. @throws CairnError `package-id-taken` */
async function assertSamePackage(
  client: Queryable,
  { id, account, owner }: { id: PackageId; account: string; owner: Address },
  documentHash: Hex,
): Promise<void> {
  const { rowCount } = await client.query(
    "select from catalog.packages where id = $1 and account = $2 and owner = $3 and document_hash = $4",
    [id, account, owner, documentHash],
  );
  if (rowCount === 1) return;
  throw new CairnError(`another package has the id ${id} at this gateway`, {
    code: "package-id-taken",
    kind: "conflict",
    next: "Recover the package at another gateway.",
  });
}

/** When a deal ends by itself, or earlier on its owner's word. */
function lastPeriodOf(context: Context, deal: DealRow): number {
  const received = periodAt(deal.receivedAt ?? deal.proposedAt, context.deployment);
  const agreed = lastScheduledPeriod(received, deal.periods, deal.duty, context.deployment);
  return Math.min(agreed, deal.lastPeriod ?? agreed);
}

/** What only the owner can read in the manifest of a recovered package. @throws CairnError `wrong-state`, `name-taken`, `bad-package` */
export async function setRepairKey(
  context: Context,
  request: {
    id: PackageId;
    repairKey: Uint8Array;
    nameHash: Hex;
    label: Uint8Array;
    layout: PackageLayout;
    files: number;
    bytes: number;
  },
): Promise<PackageDetail> {
  const row = await loadPackage(context.pool, request.id);
  if (!row.recovered) {
    throw new CairnError("only a recovered package takes a repair key", {
      code: "wrong-state",
      kind: "conflict",
      details: { state: row.state },
    });
  }
  try {
    await context.pool.query(
      `update catalog.packages set repair_key = $2, name_hash = $3, label = $4, layout = $5, files = $6, bytes = $7 where id = $1`,
      [
        request.id,
        Buffer.from(request.repairKey),
        bytesOf(request.nameHash),
        Buffer.from(request.label),
        request.layout,
        request.files,
        request.bytes,
      ],
    );
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== "packages_live_name") throw error;
    throw new CairnError("a package with this name is there already", {
      code: "name-taken",
      kind: "conflict",
      next: "Give the recovered package another name.",
    });
  }
  return packageStatus(context, { id: request.id });
}
