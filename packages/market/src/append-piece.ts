import { inBlocks } from "@cairn/core";
import { CAR_HEADER_BYTES, CairnError, type PackageId } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { pieceLimit } from "./open-package.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { countSpent } from "./spent-buffers.ts";
import { asNoSpace, noSpace } from "./spool.ts";
import { requireHere } from "./spool-here.ts";
import { writeAll } from "./write-all.ts";

/** Dirty pages are written back in the background from here on, so that the last sync is short. */
const SYNC_EVERY = 67_108_864;
const MAX_PIECES = 100_000;

/**
 * Append body bytes (everything behind the header) to a piece's spool file. Bytes that were held from `offset` on are dropped first.
 * Resolves after fdatasync; a broken connection keeps what came.
 * @throws CairnError `wrong-state`, `held-elsewhere`, `wrong-offset` (details.received), `piece-too-large`, `no-space`
 */
export async function appendPiece(
  context: Context,
  request: { id: PackageId; piece: number; offset: number; body: AsyncIterable<Uint8Array> },
): Promise<{ received: number }> {
  const { id, piece, offset } = request;
  const row = await loadPackage(context.pool, id);
  assertReceiving(row);
  await requireHere(context, row);
  if (!Number.isInteger(piece) || piece < 0 || piece >= MAX_PIECES) {
    throw new CairnError(`piece ${piece} is out of range`, {
      code: "bad-piece",
      kind: "input",
      next: `Number pieces from 0 to ${MAX_PIECES - 1}.`,
    });
  }
  if (offset === 0 && piece > 0) await beginEarly(context, row, piece - 1);
  const answer = await exclusively(context, `${id}/${piece}`, () => write(context, row, request, offset));
  if ((await context.spool.size(context.spool.piecePath(id, piece + 1))) !== undefined) {
    await beginEarly(context, row, piece);
  }
  return answer;
}

/** Whoever begins a piece has sent the one before. */
async function beginEarly(context: Context, row: PackageRow, piece: number): Promise<void> {
  const length = await context.spool.size(context.spool.piecePath(row.id, piece));
  if (length === undefined || context.writing.has(`${row.id}/${piece}`)) return;
  context.early.begin(context, row, { number: piece, length });
}

export function assertReceiving(row: PackageRow): void {
  if (row.state === "RECEIVING") return;
  throw new CairnError(`package ${row.id} takes no more pieces: it is ${row.state}`, {
    code: "wrong-state",
    kind: "conflict",
    details: { state: row.state },
    next: "Look at it with `cairn show`.",
  });
}

/** Two uploads of one piece at once would mix: the second one is refused, and may come back. */
export async function exclusively<T>(
  { writing }: Pick<Context, "writing">,
  key: string,
  task: () => Promise<T>,
): Promise<T> {
  if (writing.has(key)) {
    throw new CairnError("another request is writing this part of the package's upload", {
      code: "upload-busy",
      kind: "conflict",
      next: "Wait until it has ended, then ask how much is held and go on from there.",
    });
  }
  writing.add(key);
  try {
    return await task();
  } finally {
    writing.delete(key);
  }
}

async function write(
  context: Context,
  row: PackageRow,
  request: { id: PackageId; piece: number; body: AsyncIterable<Uint8Array> },
  offset: number,
): Promise<{ received: number }> {
  const path = context.spool.piecePath(request.id, request.piece);
  const held = Math.max(0, ((await context.spool.size(path)) ?? 0) - CAR_HEADER_BYTES);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > held) {
    throw new CairnError(`piece ${request.piece} goes on at byte ${held}, not at ${offset}`, {
      code: "wrong-offset",
      kind: "conflict",
      details: { received: held },
      next: `Send it from offset ${held}.`,
    });
  }
  await context.early.drop(request.id, request.piece);
  await context.spool.prepare(request.id);
  const file = await context.spool.openFile(path);
  const limit = pieceLimit(context, row.k);
  let free = await context.spool.freeBytes();
  let position = CAR_HEADER_BYTES + offset;
  let unsynced = 0;
  let written: Promise<void> | undefined;
  let syncing: Promise<void> | undefined;
  let syncFailure: unknown;
  try {
    await file.truncate(position);
    for await (const bytes of inBlocks(request.body)) {
      if (position + bytes.length > limit) throw tooLarge(request.piece, limit);
      if (bytes.length > free) throw noSpace("the piece", bytes.length, free);
      await written;
      written = writeAll(file, bytes, position);
      // Its failure is awaited with the next block or behind the loop.
      written.catch(() => undefined);
      countSpent(bytes.length);
      position += bytes.length;
      free -= bytes.length;
      unsynced += bytes.length;
      if (unsynced >= SYNC_EVERY && syncing === undefined) {
        unsynced = 0;
        free = await context.spool.freeBytes();
        syncing = file
          .datasync()
          .catch((error: unknown) => {
            syncFailure = error;
          })
          .finally(() => {
            syncing = undefined;
          });
      }
    }
    await written;
  } catch (error) {
    throw asNoSpace(error, "the piece");
  } finally {
    try {
      await Promise.allSettled([written, syncing]);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
  if (syncFailure !== undefined) throw asNoSpace(syncFailure, "the piece");
  await context.pool.query("update catalog.packages set touched_at = now() where id = $1", [request.id]);
  return { received: position - CAR_HEADER_BYTES };
}

function tooLarge(piece: number, limit: number): CairnError {
  return new CairnError(`piece ${piece} is longer than ${limit} bytes`, {
    code: "piece-too-large",
    kind: "input",
    details: { limit },
    next: "Begin the next piece earlier.",
  });
}
