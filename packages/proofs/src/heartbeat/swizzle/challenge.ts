import { fromBase64, toBase64 } from "../base64.ts";
import { KEY_BYTES } from "./beat.ts";
import { firstIndices, swizzlePrf, swizzlePrfBytes } from "./prf.ts";
import { integer, sized, u32, WireReader } from "./wire.ts";

const MOST_CHALLENGE_BYTES = 2048;
/** Chunks that a challenge reads at the least, as long as the file has them. */
const LEAST_CHALLENGED = 30;

export interface SwizzleChallenge {
  /** How many chunks are drawn; all are read when the file has no more. At least 1 from an honest node: nothing proves nothing. */
  readonly length: number;
  /** 32 bytes that nobody could know before. */
  readonly key: Uint8Array;
  /** Coefficients are below this: the beat's prime. */
  readonly limit: bigint;
}

/** How many of `chunks` a challenge reads: trunc(checkFraction · chunks), but 30 at least, or all of them. */
export function swizzleChallengeLength(chunks: number, checkFraction: number): number {
  return Math.min(chunks, Math.max(LEAST_CHALLENGED, Math.trunc(checkFraction * chunks)));
}

/** A challenge as base64 text. */
export function swizzleChallengeToWire({ length, key, limit }: SwizzleChallenge): string {
  return toBase64(Buffer.concat([u32(length), sized(key), integer(limit)]));
}

/** A challenge from decoded JSON; undefined when it is none, or asks for nothing. */
export function readSwizzleChallenge(value: unknown): SwizzleChallenge | undefined {
  const bytes = fromBase64(value, MOST_CHALLENGE_BYTES);
  if (bytes === undefined) return undefined;
  const reader = new WireReader(bytes);
  const challenge = { length: reader.u32(), key: reader.sized(KEY_BYTES), limit: reader.integer() };
  return reader.done && challenge.length >= 1 && challenge.limit >= 1n ? challenge : undefined;
}

/** The chunks that a challenge reads, of `chunks`, with repeats unless it reads all, and the coefficient of each draw. */
export function drawChallenge(
  { length, key, limit }: SwizzleChallenge,
  chunks: number,
): { indices: Uint32Array; coefficients: bigint[] } {
  const draws = firstIndices(Math.min(length, chunks));
  const coefficients = swizzlePrf(key, limit, draws);
  if (length >= chunks) return { indices: draws, coefficients };
  const bytes = swizzlePrfBytes(key, BigInt(chunks), draws);
  const size = bytes.length / draws.length;
  return { indices: draws.map((i) => bytes.readUIntBE(i * size, size)), coefficients };
}
