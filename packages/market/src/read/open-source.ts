import { open } from "node:fs/promises";
import { READABLE } from "@cairn/core";
import { CairnError, recoverTyped, type Signed } from "@cairn/protocol";
import { assertSigner, type Context, sameAddress } from "../context.ts";
import { indexPiece } from "../index-piece.ts";
import { loadPiece, loadPieces, type PackageRow, type PieceRow } from "../package-rows.ts";
import { loadPieceSlots } from "../slot-rows.ts";
import { fetchPiece } from "./fetch-piece.ts";
import { isReadable, PieceSource } from "./piece-source.ts";
import type { FrameSource } from "./read-frames.ts";
import { retiredHolders } from "./retired-holders.ts";
import { SharedRun } from "./shared-run.ts";

/**
 * Where a piece's bytes come from: the spool as long as it is there, else its shards. The capability is the owner's word that this gateway
 * may read for whoever asks.
 * @throws CairnError `bad-capability`, `bad-signature`, `wrong-state`, `no-repair-key`
 */
export async function openPieceSource(
  context: Context,
  row: PackageRow,
  number: number,
  capability: Signed<"ReadCapability">,
  signal: AbortSignal,
): Promise<FrameSource> {
  assertReadable(context, row, capability);
  const piece = await loadPiece(context.pool, row.id, number);
  if (!piece.indexed) await ensureIndexed(context, row, capability, signal);
  const isOnlyHere = row.state === "COMMITTED" || row.state === "PLACING";
  const spooled = isOnlyHere || row.hot ? await openSpooled(context, row, number) : undefined;
  const held = () => openHeld(context, row, piece, capability, signal);
  if (spooled === undefined) return held();
  return isOnlyHere ? spooled : withFallback(spooled, held);
}

/** The shards of a piece, wherever they are. */
async function openHeld(
  context: Context,
  row: PackageRow,
  piece: PieceRow,
  capability: Signed<"ReadCapability">,
  signal: AbortSignal,
): Promise<FrameSource> {
  const { number } = piece;
  const slots = await loadPieceSlots(context.pool, row.id, number);
  const held = new Set(slots.filter(isReadable).map((slot) => slot.shard));
  const retired = await retiredHolders(context, row, number, held);
  await context.transport.seek([
    ...slots.flatMap((slot) => slot.state.provider ?? []),
    ...retired.map((holder) => holder.provider),
  ]);
  return new PieceSource(context, { row, piece, slots, retired, capability, signal });
}

function assertReadable(context: Context, row: PackageRow, capability: Signed<"ReadCapability">): void {
  if (!READABLE.includes(row.state)) {
    throw new CairnError(`package ${row.id} cannot be read: it is ${row.state}`, {
      code: "wrong-state",
      kind: "conflict",
      details: { state: row.state },
      next: "Look at it with `cairn show`.",
    });
  }
  const { message, signature } = capability;
  const fits =
    message.documentHash === row.documentHash &&
    sameAddress(message.audience, context.executor) &&
    message.expiry > BigInt(context.chainNow());
  if (!fits) {
    throw new CairnError("the read capability is for another package or gateway, or it ran out", {
      code: "bad-capability",
      kind: "auth",
      next: "Sign a new one for this package and this gateway's executor.",
    });
  }
  assertSigner(
    "the read capability",
    recoverTyped("ReadCapability", message, context.deployment, signature),
    row.owner,
  );
  if (row.mask === "none" || row.repairKey.length > 0) return;
  throw new CairnError(`the repair key of package ${row.id} is not set: its shards cannot be unmasked`, {
    code: "no-repair-key",
    kind: "conflict",
  });
}

/** What stands here, and where it cannot be read or is damaged, what another source has. */
function withFallback(here: FrameSource, open: () => Promise<FrameSource>): FrameSource {
  let other: Promise<FrameSource> | undefined;
  const elsewhere = () => {
    other ??= open();
    return other;
  };
  /** Bytes that came from the other source go back to it. */
  const borrowed = new Set<Buffer>();
  return {
    async read(from, length) {
      try {
        return await here.read(from, length);
      } catch {
        const bytes = await (await elsewhere()).read(from, length);
        borrowed.add(bytes);
        return bytes;
      }
    },
    release(bytes) {
      if (borrowed.delete(bytes)) void other?.then((source) => source.release(bytes));
      else here.release(bytes);
    },
    mend: async (from, length, isRight) => (await elsewhere()).mend(from, length, isRight),
  };
}

/** A spool file as a source; what it holds was checked when the upload was completed, and is checked again. */
async function openSpooled(context: Context, row: PackageRow, number: number): Promise<FrameSource | undefined> {
  const path = context.spool.piecePath(row.id, number);
  if ((await context.spool.size(path)) === undefined) return undefined;
  const read = async (from: number, length: number) => {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, from);
      if (bytesRead === length) return buffer;
    } finally {
      await file.close();
    }
    throw brokenSpool(number);
  };
  return {
    read,
    release: () => undefined,
    mend: async () => {
      throw brokenSpool(number);
    },
  };
}

function brokenSpool(piece: number): CairnError {
  return new CairnError(`the spooled piece ${piece} is damaged on this gateway's disk`, {
    code: "corrupt-spool",
    kind: "corrupt",
    next: "Wait until the package is stored, then read it from its providers.",
  });
}

const indexing = new Map<string, SharedRun>();

/** Make the block index of pieces that have none (a recovered package): each is fetched once, held against its commitments and scanned. */
export async function ensureIndexed(
  context: Context,
  row: PackageRow,
  capability: Signed<"ReadCapability">,
  signal: AbortSignal,
): Promise<void> {
  assertReadable(context, row, capability);
  const missing = (await loadPieces(context.pool, row.id)).filter((piece) => !piece.indexed);
  for (const piece of missing) {
    signal.throwIfAborted();
    const key = `${row.id}/${piece.number}`;
    let run = indexing.get(key);
    if (run === undefined || run.isAbandoned) {
      // One that all have left is still closing its file.
      const before = run?.ended;
      const made = new SharedRun(async (shared) => {
        await before;
        await fetchPiece(context, row, piece, capability, shared);
        await indexPiece(context, row.id, piece.number);
        await context.pool.query("update catalog.pieces set indexed = true where package = $1 and number = $2", [
          row.id,
          piece.number,
        ]);
        await context.spool.removeFile(context.spool.piecePath(row.id, piece.number));
      });
      run = made;
      indexing.set(key, made);
      void made.ended.then(() => {
        if (indexing.get(key) === made) indexing.delete(key);
      });
    }
    await run.wait(signal);
  }
}
