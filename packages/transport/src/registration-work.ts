import { hash } from "node:crypto";
import type { Hex } from "@cairn/protocol";

export const WORK_HEADER = "cairn-work";
const WORK = /^[0-9a-f]{16}$/;
/** Tries between two looks at the signal, a few milliseconds each. */
const TURN = 4096;

/** Leading zero bits of SHA-256(signature ‖ work), both as ASCII; 0 for what is no work. */
export function workBits(signature: Hex, work: string): number {
  if (!WORK.test(work)) return 0;
  const digest = hash("sha256", signature + work, "buffer");
  const at = digest.findIndex((byte) => byte !== 0);
  return at === -1 ? 256 : 8 * at + Math.clz32(digest[at] ?? 0) - 24;
}

/** Work of at least so many bits for a signature: some 2^bits hashes. */
export async function findWork(signature: Hex, bits: number, signal: AbortSignal): Promise<string> {
  for (let tried = 0; ; tried += 1) {
    const work = tried.toString(16).padStart(16, "0");
    if (workBits(signature, work) >= bits) return work;
    if (tried % TURN !== 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}
