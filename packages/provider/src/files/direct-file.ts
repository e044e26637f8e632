import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pageAligned } from "@cairn/proofs/wasm";

/** What direct I/O wants addresses, offsets and lengths to be multiples of; no disk has larger blocks. */
export const PAGE = 4096;
export const BULK_BYTES = 1 << 20;
const MAX_IDLE = 4;

/** Two buffers of BULK_BYTES, each at a multiple of PAGE. */
export type BulkBuffers = readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];

const idle: BulkBuffers[] = [];

function makeBuffers(): BulkBuffers {
  const memory = pageAligned(2 * BULK_BYTES);
  return [memory.subarray(0, BULK_BYTES), memory.subarray(BULK_BYTES)];
}

/** Run `use` with buffers of its own for direct I/O; they are used again afterwards. */
export async function withBulkBuffers<T>(use: (buffers: BulkBuffers) => Promise<T>): Promise<T> {
  const buffers = idle.pop() ?? makeBuffers();
  try {
    return await use(buffers);
  } finally {
    if (idle.length < MAX_IDLE) idle.push(buffers);
  }
}

/**
 * Open a file past the page cache, where system and file system can: what is written or read once and in bulk would only push out of memory what is of use, and
 * copying it there took four times the processor (measured: 2.2 s of it per GiB written, 0.2 s past the cache). Every transfer must begin at a multiple of PAGE and go
 * from or to a bulk buffer, as whole pages.
 */
export async function openDirect(path: string, flags: number, mode?: number): Promise<FileHandle> {
  try {
    return await open(path, flags | (constants.O_DIRECT ?? 0), mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
    return open(path, flags, mode);
  }
}

/** The first `length` bytes of a bulk buffer up to the end of their last page, zeros after them. */
export function wholePages(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const length = Math.ceil(bytes.length / PAGE) * PAGE;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length).fill(0, bytes.length);
}
