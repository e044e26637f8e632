import { removeBlocks } from "@cairn/catalog";
import { CAR_HEADER_BYTES, CairnError, type PackageId } from "@cairn/protocol";
import { assertReceiving, exclusively } from "./append-piece.ts";
import type { Context } from "./context.ts";
import { loadPackage } from "./package-rows.ts";
import { requireHere } from "./spool-here.ts";

/** Uploads that may wait to be read through: whoever comes then is told to come again. */
const WAITING = 32;

/**
 * Cut what is held of an upload back to its beginning: the first pieces, of these lengths (headers included); all behind them is dropped.
 * Answers the chain of each piece's blocks (archive, car/block-chain.ts) in hex, every block verified; null where they are not whole. A piece is
 * read on a kernel thread while nothing can be appended to it, and one at a time for all uploads.
 * @throws CairnError `wrong-state`, `held-elsewhere`, `upload-busy`, `busy`, `piece-incomplete`
 */
export async function keepUpload(
  context: Context,
  { id, pieces }: { id: PackageId; pieces: readonly { length: number }[] },
): Promise<{ pieces: { chain: string | null }[] }> {
  const { pool, spool, chains } = context;
  const row = await loadPackage(pool, id);
  assertReceiving(row);
  await requireHere(context, row);
  const held = await spool.received(id);
  for (const [number, { length }] of pieces.entries()) assertHeld(number, held.get(number), length);
  if (chains.waiting >= WAITING) throw tooBusy();
  return exclusively(context, `${id}/keep`, async () => {
    const kept: { chain: string | null }[] = [];
    // From the last on: whatever interrupts this, what is held stays a beginning of what was sent.
    for (const number of [...held.keys()].sort((a, b) => b - a)) {
      await exclusively(context, `${id}/${number}`, async () => {
        const length = pieces[number]?.length;
        await cut(context, id, number, length);
        if (length !== undefined) kept[number] = { chain: await chainOfPiece(context, id, number, length) };
      });
    }
    await pool.query("update catalog.packages set touched_at = now() where id = $1", [id]);
    return { pieces: kept };
  });
}

const tooBusy = () =>
  new CairnError("too many uploads are being taken up again", {
    code: "busy",
    kind: "unavailable",
    next: "Try again in a moment.",
  });

async function cut({ pool, spool, early }: Context, id: PackageId, number: number, length?: number): Promise<void> {
  await early.drop(id, number);
  await removeBlocks(pool, id, number);
  const path = spool.piecePath(id, number);
  if (length === undefined) return spool.removeFile(path);
  const file = await spool.openFile(path);
  try {
    // Another call may have cut it shorter meanwhile; a file is never made longer here.
    assertHeld(number, (await file.stat()).size - CAR_HEADER_BYTES, length);
    await file.truncate(length);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function assertHeld(piece: number, received: number | undefined, length: number): void {
  const expected = length - CAR_HEADER_BYTES;
  if (received !== undefined && received >= expected) return;
  throw new CairnError(`of piece ${piece}, ${received ?? 0} of ${expected} bytes are here`, {
    code: "piece-incomplete",
    kind: "conflict",
    details: { piece, received: received ?? 0, expected },
    next: "Ask what is held, and keep at most that.",
  });
}

async function chainOfPiece(context: Context, id: PackageId, piece: number, end: number): Promise<string | null> {
  const { kernels, spool, chains, stopping } = context;
  try {
    const job = { kind: "chain" as const, path: spool.piecePath(id, piece), end };
    return Buffer.from(await chains.run(() => kernels.run(job), 0, stopping)).toString("hex");
  } catch (error) {
    if (error instanceof CairnError && error.kind === "corrupt") return null;
    throw error;
  }
}
