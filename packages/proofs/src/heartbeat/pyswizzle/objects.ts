import { isRecord, readNode, toBase64 } from "../base64.ts";
import { toNatural } from "./json.ts";

/** Numbers of more bits, and lists of more of them, are refused. */
const MOST_BITS = 8192;
const MOST_CHUNKS = 1_048_576;
const MOST_SECTORS = 1024;

/** What PySwizzle works with; its key encrypts and signs states. */
export interface PySwizzleBeat {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly prime: bigint;
  readonly sectors: number;
}

export interface PySwizzleTag {
  readonly sigma: readonly bigint[];
}

export interface PySwizzleChallenge {
  readonly chunks: number;
  readonly v_max: bigint;
  readonly key: Uint8Array;
}

export interface PySwizzleProof {
  readonly mu: readonly bigint[];
  readonly sigma: bigint;
}

/** An object whose key is bytes, as JSON has it but for its integers, which stay bigints: see stringifyExactly. */
export function withTextKey<T extends { readonly key: Uint8Array }>(object: T): Omit<T, "key"> & { key: string } {
  return { ...object, key: toBase64(object.key) };
}

function toCount(value: unknown, most: number): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most
    ? (value as number)
    : undefined;
}

function toNaturals(value: unknown, most: number): bigint[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const naturals = value.map((each) => toNatural(each, MOST_BITS));
  return naturals.includes(undefined) ? undefined : (naturals as bigint[]);
}

/** A beat from what parseExactly gave; undefined when it is none. */
export function readPySwizzleBeat(value: unknown): PySwizzleBeat | undefined {
  if (!isRecord(value)) return undefined;
  const [key, prime, sectors] = [
    readNode(value.key),
    toNatural(value.prime, MOST_BITS),
    toCount(value.sectors, MOST_SECTORS),
  ];
  return key === undefined || prime === undefined || prime < 256n || sectors === undefined
    ? undefined
    : { key, prime, sectors };
}

/** A tag from what parseExactly gave; undefined when it is none. */
export function readPySwizzleTag(value: unknown): PySwizzleTag | undefined {
  const sigma = isRecord(value) ? toNaturals(value.sigma, MOST_CHUNKS) : undefined;
  return sigma === undefined || sigma.length === 0 ? undefined : { sigma };
}

/** A challenge from what parseExactly gave; undefined when it is none. */
export function readPySwizzleChallenge(value: unknown): PySwizzleChallenge | undefined {
  if (!isRecord(value)) return undefined;
  const [chunks, v_max, key] = [
    toCount(value.chunks, MOST_CHUNKS),
    toNatural(value.v_max, MOST_BITS),
    readNode(value.key),
  ];
  return chunks === undefined || v_max === undefined || v_max < 1n || key === undefined
    ? undefined
    : { chunks, v_max, key };
}

/** A proof from what parseExactly gave; undefined when it is none. */
export function readPySwizzleProof(value: unknown): PySwizzleProof | undefined {
  if (!isRecord(value)) return undefined;
  const [mu, sigma] = [toNaturals(value.mu, MOST_SECTORS), toNatural(value.sigma, MOST_BITS)];
  return mu === undefined || sigma === undefined ? undefined : { mu, sigma };
}
