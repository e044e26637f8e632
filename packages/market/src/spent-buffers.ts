import { freeCipherOutputs } from "@cairn/process/minor-gc";

/** At some 8 MB V8 begins to mark its whole heap, which is dear: this is well below. */
const ALLOWANCE_BYTES = 4_194_304;
let spent = 0;

/**
 * Counts bytes of buffers that this thread is done with and has them freed once they are many: V8 would let several hundred megabytes
 * of them pile up while a gateway streams.
 */
export function countSpent(bytes: number): void {
  spent += bytes;
  if (spent < ALLOWANCE_BYTES) return;
  spent = 0;
  freeCipherOutputs();
}
