import { carHeader } from "@cairn/archive";
import { type BlockFrame, framesFrom } from "@cairn/catalog";
import { CAR_HEADER_BYTES, CairnError, type PackageId, type Signed } from "@cairn/protocol";
import { parseRoot } from "../complete-package.ts";
import type { Context } from "../context.ts";
import { loadPackage, loadPiece } from "../package-rows.ts";
import { openPieceSource } from "./open-source.ts";
import { runsOf, verifiedRuns } from "./read-frames.ts";

const PAGE = 2000;

export interface ReadPieceRequest {
  id: PackageId;
  piece: number;
  from?: number;
  to?: number;
  capability: Signed<"ReadCapability">;
  signal?: AbortSignal;
}

/**
 * CAR bytes [from, to) of a piece; default all of it. Every block is held against its CID before it leaves.
 * @throws CairnError `unknown-package`, `unknown-shard`, `bad-range`, `bad-capability`, `wrong-state`, `too-few-shards`, `wrong-bytes`
 */
export async function* readPiece(context: Context, request: ReadPieceRequest): AsyncGenerator<Uint8Array> {
  const row = await loadPackage(context.pool, request.id);
  const piece = await loadPiece(context.pool, request.id, request.piece);
  const from = request.from ?? 0;
  const to = request.to ?? piece.length;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to || to > piece.length) {
    throw new CairnError(`bytes ${from} to ${to} are outside the piece of ${piece.length} bytes`, {
      code: "bad-range",
      kind: "input",
      details: { length: piece.length },
      next: `Ask for a range within 0 to ${piece.length}.`,
    });
  }
  const signal = request.signal ? AbortSignal.any([request.signal, context.stopping]) : context.stopping;
  const source = await openPieceSource(context, row, request.piece, request.capability, signal);
  // Held back until a block is there, so that a piece that cannot be read is answered with the reason.
  let header =
    from < CAR_HEADER_BYTES && carHeader(parseRoot(row.root!)).subarray(from, Math.min(to, CAR_HEADER_BYTES));
  if (to <= CAR_HEADER_BYTES) {
    if (header) yield header;
    return;
  }
  const start = Math.max(from, CAR_HEADER_BYTES);
  let at: number | undefined;
  const frames = framesIn(context, request.id, request.piece, start, to, (first) => {
    at = first;
  });
  for await (const bytes of verifiedRuns(runsOf(frames, row.k), () => source)) {
    if (header) yield header;
    header = false;
    const begin = Math.max(0, start - at!);
    const end = Math.min(bytes.length, to - at!);
    at = at! + bytes.length;
    if (end > begin) yield bytes.subarray(begin, end);
  }
}

async function* framesIn(
  context: Context,
  id: PackageId,
  piece: number,
  start: number,
  to: number,
  onFirst: (offset: number) => void,
): AsyncGenerator<BlockFrame> {
  let next = start;
  let first = true;
  while (next < to) {
    const frames = await framesFrom(context.pool, id, piece, next, PAGE);
    for (const frame of frames) {
      if (frame.offset >= to) return;
      if (first) onFirst(frame.offset);
      first = false;
      next = frame.offset + frame.length;
      yield frame;
    }
    if (frames.length === 0) {
      throw new CairnError(`the index of piece ${piece} ends at byte ${next}`, {
        code: "index-broken",
        kind: "internal",
      });
    }
  }
}
