import { aesBlocks, aesStream } from "../keyed.ts";
import { copyIndexDigest } from "./index-digests.ts";
import { integerBytes, readInteger } from "./integers.ts";

const BLOCK_BYTES = 16;
const BLOCK_WORDS = 4;
const DIGEST_BYTES = 32;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
/** The original takes what the last draw gives, even if it is not below the limit. */
const MOST_DRAWS = 81;

/** A limit as the PRF needs it. */
interface Limit {
  readonly bytes: Buffer;
  /** Bits of the first byte that a draw keeps. */
  readonly mask: number;
}

function limitOf(limit: bigint): Limit {
  const bytes = integerBytes(limit);
  return { bytes, mask: (1 << (32 - Math.clz32(bytes[0]!))) - 1 };
}

/** Whether the draw at `at` of `draws` is below the limit. */
function isBelow(draws: Buffer, at: number, { bytes }: Limit): boolean {
  return draws[at]! < bytes[0]! || draws.compare(bytes, 0, bytes.length, at, at + bytes.length) < 0;
}

/** One index after another in a cipher stream of its own, as the original does. */
function drawStreamed(key: Uint8Array, limit: Limit, index: number, target: Buffer, at: number): void {
  const { bytes, mask } = limit;
  const digest = Buffer.alloc(bytes.length);
  copyIndexDigest(index, digest, 0, Math.min(DIGEST_BYTES, digest.length));
  const cipher = aesStream("cfb", key, ZERO_BLOCK);
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    cipher.update(digest).copy(target, at);
    target[at]! &= mask;
    if (isBelow(target, at, limit)) return;
  }
}

/** Draws of less than a block: as long as they fit in the first, they are the digest under the key's one encryption of zeros. */
function drawShort(key: Uint8Array, limit: Limit, indices: Uint32Array, target: Buffer): void {
  const { bytes, mask } = limit;
  const size = bytes.length;
  const stream = aesBlocks(key).update(ZERO_BLOCK);
  const digest = Buffer.alloc(size);
  for (let i = 0, at = 0; i < indices.length; i++, at += size) {
    copyIndexDigest(indices[i]!, digest, 0, size);
    let found = false;
    for (let from = 0; !found && from + size <= BLOCK_BYTES; from += size) {
      for (let b = 0; b < size; b++) target[at + b] = stream[from + b]! ^ digest[b]!;
      target[at]! &= mask;
      found = isBelow(target, at, limit);
    }
    if (!found) drawStreamed(key, limit, indices[i]!, target, at);
  }
}

const wordsOf = (bytes: Buffer) => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/**
 * Draws of whole blocks. CFB with equal plaintext is a chain c = E(c before) ⊕ d, so that block after block of all indices goes through
 * the cipher in one call.
 */
function drawBlocks(key: Uint8Array, limit: Limit, indices: Uint32Array, target: Buffer): void {
  const { bytes, mask } = limit;
  const size = bytes.length;
  const cipher = aesBlocks(key);
  const digests = Buffer.alloc(indices.length * DIGEST_BYTES);
  for (let i = 0; i < indices.length; i++) copyIndexDigest(indices[i]!, digests, i * DIGEST_BYTES, DIGEST_BYTES);
  const digestWords = wordsOf(digests);
  const targetWords = wordsOf(target);
  let places: Uint32Array = Uint32Array.from(indices.keys());
  let chain: Uint8Array = Buffer.alloc(indices.length * BLOCK_BYTES);
  for (let draw = 1; places.length > 0; draw++) {
    for (let block = 0; block < size / BLOCK_BYTES; block++) {
      const encrypted = wordsOf(Buffer.from(cipher.update(chain)));
      for (let p = 0; p < places.length; p++) {
        const to = (places[p]! * size) / 4 + block * BLOCK_WORDS;
        const digest = places[p]! * (DIGEST_BYTES / 4) + block * BLOCK_WORDS;
        for (let w = 0; w < BLOCK_WORDS; w++) {
          if (block < DIGEST_BYTES / BLOCK_BYTES) encrypted[p * BLOCK_WORDS + w]! ^= digestWords[digest + w]!;
          targetWords[to + w] = encrypted[p * BLOCK_WORDS + w]!;
        }
      }
      chain = new Uint8Array(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
    }
    const kept: number[] = [];
    for (let p = 0; p < places.length; p++) {
      const at = places[p]! * size;
      target[at]! &= mask;
      if (draw < MOST_DRAWS && !isBelow(target, at, limit)) kept.push(p);
    }
    const before = chain;
    chain = Buffer.concat(kept.map((p) => before.subarray(p * BLOCK_BYTES, (p + 1) * BLOCK_BYTES)));
    places = Uint32Array.from(kept, (p) => places[p]!);
  }
}

/**
 * The PRF of Swizzle: for each index (u32) an integer in [0, limit), big-endian in as many bytes as the limit has, one after another.
 * `key` has 32 bytes; `limit` ≥ 1. AES-256-CFB with an IV of zeros, restarted for each index, encrypts SHA-256(index), cut or
 * zero-padded to the limit's bytes, until the draw, its first byte masked to the limit's bits, is below the limit.
 */
export function swizzlePrfBytes(key: Uint8Array, limit: bigint, indices: Uint32Array): Buffer {
  const parsed = limitOf(limit);
  const size = parsed.bytes.length;
  const target = Buffer.alloc(indices.length * size);
  if (size % BLOCK_BYTES === 0) drawBlocks(key, parsed, indices, target);
  else if (size < BLOCK_BYTES) drawShort(key, parsed, indices, target);
  else for (const [i, index] of indices.entries()) drawStreamed(key, parsed, index, target, i * size);
  return target;
}

/** The `count` equally long big-endian integers that `bytes` are. */
export function readNumbers(bytes: Buffer, count: number): bigint[] {
  const size = bytes.length / count;
  return Array.from({ length: count }, (_, i) => readInteger(bytes, i * size, (i + 1) * size));
}

/** The integers that swizzlePrfBytes gives. */
export function swizzlePrf(key: Uint8Array, limit: bigint, indices: Uint32Array): bigint[] {
  return readNumbers(swizzlePrfBytes(key, limit, indices), indices.length);
}

/** The indices 0 to count − 1. */
export function firstIndices(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}
