import { isRecord, readNode, toBase64 } from "../base64.ts";
import { hmacSha256 } from "../keyed.ts";

/** The seed after `seed` in a chain: HMAC-SHA256(key, seed). Challenge i of a tag uses the seed i + 1 steps after its root seed. */
export function nextSeed(key: Uint8Array, seed: Uint8Array): Buffer {
  return hmacSha256(key).update(seed).digest();
}

export interface MerkleChallenge {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly index: number;
}

/** A challenge as JSON. */
export interface WireMerkleChallenge {
  readonly seed: string;
  readonly index: number;
  readonly [key: string]: unknown;
}

export function merkleChallengeToWire({ seed, index }: MerkleChallenge): WireMerkleChallenge {
  return { seed: toBase64(seed), index };
}

/** A challenge from decoded JSON; undefined when it is none. */
export function readMerkleChallenge(value: unknown): MerkleChallenge | undefined {
  if (!isRecord(value)) return undefined;
  const seed = readNode(value.seed);
  const index = value.index;
  if (seed === undefined || typeof index !== "number" || !Number.isSafeInteger(index) || index < 0) return undefined;
  return { seed, index };
}
