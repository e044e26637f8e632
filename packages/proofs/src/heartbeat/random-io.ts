import { hash } from "node:crypto";
import { aesStream } from "./keyed.ts";

const BLOCK_BYTES = 16;
const STEP_BYTES = 128 * 1024;
const zeros = Buffer.alloc(STEP_BYTES);

/** The AES-256 key behind a RandomIO seed: SHA-256 of the seed, a text as UTF-8. The original takes any other object by its text. */
export function randomIoKey(seed: string | Uint8Array): Buffer {
  return hash("sha256", seed, "buffer");
}

function counterBlock(offset: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK_BYTES)) + 1n, 8);
  return block;
}

/**
 * The bytes that RandomIO 0.2.1 makes from `seed`, from byte `offset` on, as much as is asked for: AES-256-CTR with a big-endian counter
 * that starts at 1. `offset` is an integer from 0 to 2^53 − 1.
 */
export class RandomIo {
  readonly #cipher;

  constructor(seed: string | Uint8Array, offset = 0) {
    this.#cipher = aesStream("ctr", randomIoKey(seed), counterBlock(offset));
    const skipped = offset % BLOCK_BYTES;
    if (skipped > 0) this.#cipher.update(zeros.subarray(0, skipped));
  }

  /** Fill `target` with the bytes that follow. */
  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; at += STEP_BYTES) {
      target.set(this.#cipher.update(zeros.subarray(0, Math.min(STEP_BYTES, target.length - at))), at);
    }
  }

  /** The `length` bytes that follow, in memory of their own. */
  read(length: number): Buffer {
    if (length <= STEP_BYTES) return this.#cipher.update(zeros.subarray(0, length));
    const bytes = Buffer.allocUnsafeSlow(length);
    this.fill(bytes);
    return bytes;
  }
}

/** Bytes [offset, offset + length) of RandomIO(seed): what a seeded chunk holds there. */
export function readRandomIo(seed: string | Uint8Array, offset: number, length: number): Buffer {
  return new RandomIo(seed, offset).read(length);
}
