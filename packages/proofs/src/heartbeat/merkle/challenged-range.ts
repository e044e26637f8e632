import type { ByteRange } from "../../read-raw.ts";
import { hmacSha256 } from "../keyed.ts";
import { keyedPrf } from "../keyed-prf.ts";

/** The original's own range where no fraction is given; here also the least that a challenge reads of a larger file. */
const USUAL_CHUNK_BYTES = 8192;

/**
 * Bytes of the range that challenges of a file of `fileSize` bytes read: trunc(checkFraction · fileSize) as in the original, but never
 * fewer than 8192 (the whole file if it is smaller), so that no range is empty. Farmers take the size from the tag.
 */
export function merkleChunkSize(fileSize: number, checkFraction: number | null): number {
  return Math.min(fileSize, Math.max(USUAL_CHUNK_BYTES, Math.trunc((checkFraction ?? 0) * fileSize)));
}

/** The range of the file that the challenge with this seed reads. */
export function challengedRange(seed: Uint8Array, { chunkSize, fileSize }: MerkleSizes): ByteRange {
  const length = Math.min(chunkSize, fileSize);
  return { offset: Number(keyedPrf(seed, BigInt(fileSize - length + 1), 0)), length };
}

export interface MerkleSizes {
  readonly chunkSize: number;
  readonly fileSize: number;
}

/** The answer that the bytes of a range are: HMAC-SHA256(seed, bytes). */
export function answerBlob(seed: Uint8Array, bytes: Uint8Array): Buffer {
  return hmacSha256(seed).update(bytes).digest();
}
