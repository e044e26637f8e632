import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Bulk bytes between two collections. A byte received leaves two dead ones (the socket's buffer and the body's), and once some 8 MB lie there V8 begins to mark its
 * whole heap: with 8 MiB here that took half of the processor of a pull (measured: 75 such rounds in 512 MiB, now 8).
 */
const BYTES = 2 << 20;

let collect: ((options: { type: "minor" }) => void) | undefined;
let passed = 0;

/**
 * Keep this process small while bulk bytes pass through it. Every 64 KiB read from a socket is a buffer outside V8's heap; V8 minds only its heap, and lets about
 * 100 MB of dead buffers gather before it looks (measured: 180 to 207 MB resident while pulling, 136 MB with this). For the program's own main module.
 */
export function boundBulkMemory(): void {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as typeof collect;
}

/** Say that so many bulk bytes have been used and let go; does nothing unless `boundBulkMemory` was called. */
export function bulkPassed(bytes: number): void {
  if (collect === undefined) return;
  passed += bytes;
  if (passed < BYTES) return;
  passed = 0;
  collect({ type: "minor" });
}
