import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { ReadRaw } from "@cairn/proofs";
import { CairnError } from "@cairn/protocol";
import { bulkPassed } from "../files/bulk-memory.ts";
import { openDirect, PAGE, withBulkBuffers } from "../files/direct-file.ts";
import type { HeldShard } from "./held-shard.ts";

/** 64 KiB steps halve the rate of a disk, larger ones gain nothing (measured: 1,162 against 6,175 MB/s from the page cache). */
const STEP = 1 << 20;

function isMissing(error: unknown): boolean {
  return ["ENOENT", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "");
}

async function openShard(held: HeldShard, opener: typeof openDirect): Promise<FileHandle | undefined> {
  return opener(join(held.directory, "shard"), constants.O_RDONLY).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** Read up to `bytes.length` bytes from `offset`, going on at multiples of `granule` only; how many there are. */
async function fill(file: FileHandle, bytes: Uint8Array, offset: number, granule: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file
      .read(bytes, filled, bytes.length - filled, offset + filled)
      .catch((error: unknown) => {
        if (isMissing(error)) return { bytesRead: 0 };
        throw error;
      });
    filled += bytesRead;
    if (bytesRead === 0 || filled % granule !== 0) break;
  }
  return filled;
}

/**
 * Run `use` with a reader of the shard's bytes. A file that is gone, cut off or unreadable gives fewer bytes, which provers and scrubbers take for
 * damage there.
 */
export async function withRawReader<T>(held: HeldShard, use: (readRaw: ReadRaw) => Promise<T>): Promise<T> {
  const file = await openShard(held, open);
  try {
    return await use(async (offset, length) => {
      const bytes = Buffer.allocUnsafe(length);
      const filled = file === undefined ? 0 : await fill(file, bytes, offset, 1);
      bulkPassed(filled);
      return bytes.subarray(0, filled);
    });
  } finally {
    await file?.close();
  }
}

/**
 * The same for a scrub: what the disk has, not what the system still holds of it in memory. Bytes that were given out hold until the next but one read is asked
 * for; up to BULK_BYTES − 2 pages at a time.
 */
export async function withScrubReader<T>(held: HeldShard, use: (readRaw: ReadRaw) => Promise<T>): Promise<T> {
  const file = await openShard(held, openDirect);
  try {
    return await withBulkBuffers(([one, other]) => {
      let buffer = one;
      return use(async (offset, length) => {
        buffer = buffer === one ? other : one;
        const bytes = buffer;
        const before = offset % PAGE;
        const pages = Math.ceil((before + length) / PAGE) * PAGE;
        const filled = file === undefined ? 0 : await fill(file, bytes.subarray(0, pages), offset - before, PAGE);
        return bytes.subarray(before, Math.max(before, Math.min(filled, before + length)));
      });
    });
  } finally {
    await file?.close();
  }
}

/** Bytes of one file in the shard's directory, in steps of 1 MiB, exactly `length` from `offset`. @throws CairnError `damaged` when the file ends early */
export async function* readPart(
  held: HeldShard,
  part: "shard" | "document" | "manifest",
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const file = await open(join(held.directory, part), constants.O_RDONLY);
  try {
    for (let at = 0; at < length; ) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(STEP, length - at));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset + at);
      if (bytesRead === 0) {
        throw new CairnError(`the ${part} of ${held.deal} ends at ${offset + at}`, {
          code: "damaged",
          kind: "corrupt",
        });
      }
      yield bytes.subarray(0, bytesRead);
      at += bytesRead;
      bulkPassed(bytesRead);
    }
  } finally {
    await file.close();
  }
}
