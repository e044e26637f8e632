import { CAR_HEADER_BYTES, CairnError, type PackageId } from "@cairn/core";
import type { Context } from "./context.ts";
import { pieceLimit } from "./open-package.ts";
import { loadPackage, type PackageRow } from "./package-rows.ts";
import { asNoSpace, noSpace } from "./spool.ts";

/** Dirty pages are written back in the background from here on, so that the last sync is short. */
const SYNC_EVERY = 67_108_864;
const GATHER = 1_048_576;
const MAX_PIECES = 100_000;

/**
 * Append body bytes (everything behind the header) to a piece's spool file. Bytes that were held from `offset` on are dropped first.
 * Resolves after fdatasync; a broken connection keeps what came.
 * @throws CairnError `wrong-state`, `wrong-offset` (details.received), `piece-too-large`, `no-space`
 */
export async function appendPiece(
  context: Context,
  request: { id: PackageId; piece: number; offset: number; body: AsyncIterable<Uint8Array> },
): Promise<{ received: number }> {
  const { id, piece, offset } = request;
  const row = await loadPackage(context.pool, id);
  assertReceiving(row);
  if (!Number.isInteger(piece) || piece < 0 || piece >= MAX_PIECES) {
    throw new CairnError(`piece ${piece} is out of range`, {
      code: "bad-piece",
      kind: "input",
      next: `Number pieces from 0 to ${MAX_PIECES - 1}.`,
    });
  }
  return exclusively(`${id}/${piece}`, () => write(context, row, request, offset));
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

const writing = new Set<string>();

/** Two uploads of one piece at once would mix: the second one is told to come back. */
async function exclusively<T>(key: string, task: () => Promise<T>): Promise<T> {
  if (writing.has(key)) {
    throw new CairnError("another upload of this piece is under way", {
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
  await context.spool.prepare(request.id);
  const file = await context.spool.openFile(path);
  const limit = pieceLimit(context, row.k);
  let free = await context.spool.freeBytes();
  let position = CAR_HEADER_BYTES + offset;
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  let syncFailure: unknown;
  try {
    await file.truncate(position);
    for await (const bytes of gathered(request.body)) {
      if (position + bytes.length > limit) throw tooLarge(request.piece, limit);
      if (bytes.length > free) throw noSpace("the piece", bytes.length, free);
      await writeAll(file, bytes, position);
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
  } catch (error) {
    throw asNoSpace(error, "the piece");
  } finally {
    try {
      await syncing;
      await file.datasync();
    } finally {
      await file.close();
    }
  }
  if (syncFailure !== undefined) throw asNoSpace(syncFailure, "the piece");
  await context.pool.query("update catalog.packages set touched_at = now() where id = $1", [request.id]);
  return { received: position - CAR_HEADER_BYTES };
}

async function writeAll(
  file: {
    write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  },
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Small chunks joined into writes of about 1 MiB; what was gathered before the source failed still comes. */
async function* gathered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = () => {
    const joined = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = [];
    size = 0;
    return joined;
  };
  let failure: { error: unknown } | undefined;
  try {
    for await (const chunk of source) {
      parts.push(chunk);
      size += chunk.length;
      if (size >= GATHER) yield take();
    }
  } catch (error) {
    failure = { error };
  }
  if (size > 0) yield take();
  if (failure) throw failure.error;
}

function tooLarge(piece: number, limit: number): CairnError {
  return new CairnError(`piece ${piece} is longer than ${limit} bytes`, {
    code: "piece-too-large",
    kind: "input",
    details: { limit },
    next: "Begin the next piece earlier.",
  });
}
