import { createHash } from "node:crypto";
import { type DealRow, inTransaction, listDeals, recordEvents, toJson } from "@cairn/catalog";
import { recoverTyped, shardsRoot } from "@cairn/chain";
import {
  type Address,
  CairnError,
  type CommitmentDocument,
  type DealState,
  emptySlot,
  type Hex,
  lastScheduledPeriod,
  type PackageId,
  periodAt,
  periodStart,
  type Signed,
  type SlotState,
  signedToJson,
} from "@cairn/core";
import { assertSigner, type Context, randomHex, sameAddress } from "./context.ts";
import { decodeDocument, hashDocument } from "./document.ts";
import { bytesOf, findByManifest, loadPackage } from "./package-rows.ts";
import { packageStatus } from "./package-status.ts";
import { refreshPackage } from "./refresh-package.ts";
import { insertSlots } from "./seal-package.ts";
import { lockSlot, saveSlot } from "./slot-rows.ts";
import type { PackageDetail, PackageLayout, RecoverablePackage } from "./types.ts";

const LIVE: readonly DealState[] = ["ACTIVE"];
const MANIFEST_TIMEOUT_SECONDS = 60;

/** What the finalised chain knows of an owner's packages. */
export async function listRecoverable(context: Context, { owner }: { owner: Address }): Promise<RecoverablePackage[]> {
  const deals = await listDeals(context.pool, { owner, states: LIVE });
  const byManifest = Map.groupBy(deals, (deal) => deal.manifestHash);
  return Promise.all(
    [...byManifest].map(async ([manifestHash, of]) => ({
      manifestHash,
      deals: of.length,
      known: (await findByManifest(context.pool, manifestHash))?.id ?? null,
    })),
  );
}

/**
 * Register packages that only the chain and the providers know. Document and manifest come from whoever answers and are held against the
 * hash on chain.
 * @throws CairnError `bad-signature`, `bad-capability`, `nothing-to-recover`, `manifest-unavailable` with each provider's reason
 */
export async function recoverPackages(
  context: Context,
  request: { account: string; owner: Address; capabilities: Signed<"ReadCapability">[] },
): Promise<PackageDetail[]> {
  const recovered: PackageDetail[] = [];
  for (const capability of request.capabilities) {
    const { message, signature } = capability;
    if (!sameAddress(message.audience, context.executor) || message.expiry <= BigInt(context.clock.now())) {
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
    const known = await findByManifest(context.pool, message.manifestHash);
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
  const { manifestHash } = capability.message;
  const deals = await listDeals(context.pool, { manifestHash, states: LIVE });
  if (deals.length === 0) {
    throw new CairnError(`no live deal on chain is for the manifest ${manifestHash}`, {
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
  await context.blobs.putIfAbsent(key, once(manifest));
  await register(context, request.account, document, { documentBytes, manifestHash, key }, deals, capability);
  return document.package;
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
  const { manifestHash } = capability.message;
  const refusals: string[] = [];
  for (const provider of new Set(deals.map((deal) => deal.provider))) {
    try {
      const answer = await context.transport.request(
        provider,
        { type: "manifest", manifestHash, capability },
        { timeoutSeconds: MANIFEST_TIMEOUT_SECONDS, signal: context.stopping },
      );
      return checkManifest(
        manifestHash,
        Buffer.from(answer.document, "base64"),
        Buffer.from(answer.manifest, "base64"),
      );
    } catch (error) {
      refusals.push(`${provider.slice(0, 10)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new CairnError(`no provider gave the manifest ${manifestHash} (${refusals.slice(0, 6).join("; ")})`, {
    code: "manifest-unavailable",
    kind: "unavailable",
    next: "Try again when a provider of the package is connected.",
    details: { manifestHash, refusals },
  });
}

function checkManifest(manifestHash: Hex, documentBytes: Uint8Array, manifest: Uint8Array): Fetched {
  if (hashDocument(documentBytes) !== manifestHash) {
    throw new CairnError("its document has another hash than the chain", { code: "wrong-hash", kind: "corrupt" });
  }
  const document = decodeDocument(documentBytes);
  const sha256 = `0x${createHash("sha256").update(manifest).digest("hex")}`;
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
  stored: { documentBytes: Uint8Array; manifestHash: Hex; key: string },
  deals: readonly DealRow[],
  capability: Signed<"ReadCapability">,
): Promise<void> {
  const id = document.package;
  const quotes = await Promise.all(deals.map(async (deal) => (await context.ledger.deal(deal.deal))?.quote ?? null));
  const lastPeriod = Math.max(...deals.map((deal) => lastPeriodOf(context, deal)));
  await inTransaction(context.pool, async (client) => {
    await client.query(
      `insert into catalog.packages (id, account, owner, name_hash, label, state, k, n, mask, layout, days, root, manifest_hash,
         shards_root, document, manifest_key, manifest_sha256, manifest_size, read_capability, verifier_set, committed_at, stored_at,
         expires_at, recovered)
       values ($1, $2, $3, $4, '', 'STORED', $5, $6, $7, 'private', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, now(), now(), $18,
         true) on conflict (id) do nothing`,
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
        stored.manifestHash,
        shardsRoot(document),
        Buffer.from(stored.documentBytes),
        stored.key,
        document.manifest.sha256,
        document.manifest.size,
        toJson(signedToJson(capability)),
        deals[0]!.verifierSet,
        periodStart(lastPeriod + 1, context.deployment),
      ],
    );
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
