import { type FileHandle, open } from "node:fs/promises";
import { createMask, createRebuilder, type Rebuild, shardLength } from "@cairn/archive/erasure";
import { CairnError, type DealId, type PackageId, recoverTyped, type Signed } from "@cairn/protocol";
import { assertSigner, type Context, sameAddress } from "./context.ts";
import { packageLease } from "./held-context.ts";
import { loadDocument, loadPackage, loadPiece, type PackageRow, type PieceRow } from "./package-rows.ts";
import { applySlotEvents } from "./slot-events.ts";
import { findSlotByDeal, type SlotRow } from "./slot-rows.ts";
import { countSpent } from "./spent-buffers.ts";
import { heldElsewhere, isSourceHere } from "./spool-here.ts";
import type { ShardSource } from "./types.ts";

/** What is on its way to a provider should be let go before the next collection but one, or it grows old and stays. */
const BLOCK = 262_144;
/** Columns of a parity block take this much at most. */
const COLUMNS_BYTES = 8_388_608;

interface Grant {
  slot: SlotRow;
  row: PackageRow;
}

/** The slot that an upload capability opens, or `bad-capability` / `deal-unknown`. */
async function granted(context: Context, deal: DealId, capability: Signed<"UploadCapability">): Promise<Grant> {
  const { message, signature } = capability;
  const signer = recoverTyped("UploadCapability", message, context.deployment, signature);
  assertSigner("the upload capability", signer, context.executor);
  const slot = await findSlotByDeal(context.pool, deal);
  if (!slot?.state.provider) {
    throw new CairnError(`no shard waits under the deal ${deal}`, { code: "deal-unknown", kind: "missing" });
  }
  const fits =
    message.deal === deal &&
    sameAddress(message.provider, slot.state.provider) &&
    message.expiry > BigInt(context.chainNow());
  if (!fits) {
    throw new CairnError("the capability is for another deal or provider, or it ran out", {
      code: "bad-capability",
      kind: "auth",
      next: "Wait for the gateway's next store request.",
    });
  }
  return { slot, row: await loadPackage(context.pool, slot.package) };
}

/**
 * Masked bytes of the shard under a deal, from `from` on, made from the spooled piece as they are read, or from a rebuilt file.
 * @throws CairnError `bad-signature`, `bad-capability`, `deal-unknown`, `bad-range`, `source-gone`
 */
export async function shardSource(
  context: Context,
  request: { deal: DealId; capability: Signed<"UploadCapability">; from?: number },
): Promise<ShardSource> {
  const { slot, row } = await granted(context, request.deal, request.capability);
  const from = request.from ?? 0;
  const total = slot.rawLength;
  if (!Number.isSafeInteger(from) || from < 0 || from > total) {
    throw new CairnError(`byte ${from} is outside the shard of ${total} bytes`, { code: "bad-range", kind: "input" });
  }
  const bytes = await openShard(context, row, slot, from);
  return { bytes: context.handed.count(request.deal, from, bytes), total };
}

/** Masked bytes of a shard that is spooled or was rebuilt, from `from` on. @throws CairnError `source-gone` */
export async function openShard(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  from: number,
): Promise<AsyncGenerator<Uint8Array>> {
  const { spool } = context;
  if (!isSourceHere(context, row, slot)) throw await heldElsewhere(context, row);
  if (slot.state.source === "rebuilt") {
    const path = spool.shardPath(slot.package, slot.piece, slot.shard);
    return readFile(await openSource(context, slot, path, slot.rawLength), from, slot.rawLength);
  }
  if (slot.state.source === "none") throw sourceGone();
  const piece = await loadPiece(context.pool, slot.package, slot.piece);
  const path = spool.piecePath(slot.package, slot.piece);
  return maskedShard(await openSource(context, slot, path, piece.length), row, piece, slot.shard, from);
}

export async function shardDocument(
  context: Context,
  request: { deal: DealId; capability: Signed<"UploadCapability"> },
): Promise<Uint8Array> {
  const { row } = await granted(context, request.deal, request.capability);
  return loadDocument(context.pool, row.id);
}

export async function shardManifest(
  context: Context,
  request: { deal: DealId; capability: Signed<"UploadCapability"> },
): Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }> {
  const { row } = await granted(context, request.deal, request.capability);
  return {
    size: row.manifest!.size,
    bytes: context.handed.countPapers(request.deal, context.blobs.read(row.manifest!.key)),
  };
}

function sourceGone(cause?: unknown): CairnError {
  return new CairnError("the shard's bytes are not here any more; they are being rebuilt", {
    code: "source-gone",
    kind: "unavailable",
    next: "Ask again in a while.",
    cause,
  });
}

async function isDrivenElsewhere({ pool, leases }: Context, id: PackageId): Promise<boolean> {
  const { rowCount } = await pool.query(
    "select from catalog.leases where name = $1 and holder <> $2 and expires_at > now()",
    [packageLease(id), leases.holder],
  );
  return rowCount !== 0;
}

/** A file that is missing or too short is a source that is gone. */
async function openSource(context: Context, slot: SlotRow, path: string, length: number): Promise<FileHandle> {
  const gone = async (cause?: unknown) => {
    // A shard that another gateway rebuilt lies in its spool: whoever drives the package finds out what is gone.
    if (slot.state.source === "rebuilt" && (await isDrivenElsewhere(context, slot.package))) return sourceGone(cause);
    await applySlotEvents(context, slot.package, [
      { piece: slot.piece, shard: slot.shard, event: { type: "source-gone" } },
    ]);
    return sourceGone(cause);
  };
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw await gone(cause);
  }
  try {
    if ((await file.stat()).size < length) throw await gone();
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

async function* readFile(file: FileHandle, from: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    for (let at = from; at < end; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(BLOCK, end - at)), 0, undefined, at);
      if (bytesRead === 0) throw sourceGone();
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Shard `shard` of a piece file, from byte `from` on; what was given holds until the next is asked for. */
export async function* maskedShard(
  file: FileHandle,
  row: Pick<PackageRow, "id" | "k" | "n" | "mask" | "repairKey">,
  piece: Pick<PieceRow, "number" | "length">,
  shard: number,
  from: number,
): AsyncGenerator<Uint8Array> {
  const { k, n, mask, repairKey } = row;
  const length = shardLength(piece.length, k);
  const apply = createMask({ repairKey, package: row.id, piece: piece.number, shard, mask }, from);
  const systematic = shard < k || k === 1;
  const sources = systematic ? [k === 1 ? 0 : shard] : Array.from({ length: k }, (_, i) => i);
  const rebuild: Rebuild | undefined = systematic ? undefined : createRebuilder(k, n, sources, [shard]);
  const step = Math.min(BLOCK, Math.max(4096, Math.floor(COLUMNS_BYTES / sources.length)));
  const room = () => new Uint8Array(step);
  const columns = sources.map(room);
  const parity = room();
  try {
    for (let at = from; at < length; at += step) {
      const size = Math.min(step, length - at);
      const read = columns.map((column) => column.subarray(0, size));
      await Promise.all(read.map((target, i) => readPadded(file, target, sources[i]! * length + at, piece.length)));
      let bytes = read[0]!;
      if (rebuild) {
        bytes = parity.subarray(0, size);
        rebuild(read, [bytes]);
      }
      yield apply(bytes);
      countSpent(size);
    }
  } finally {
    await file.close();
  }
}

/** Fills `target` from a file of `fileLength` bytes that is followed by zeros. */
async function readPadded(file: FileHandle, target: Uint8Array, position: number, fileLength: number): Promise<void> {
  const wanted = Math.max(0, Math.min(target.length, fileLength - position));
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await file.read(target, filled, wanted - filled, position + filled);
    if (bytesRead === 0) throw sourceGone();
    filled += bytesRead;
  }
  target.fill(0, wanted);
}
