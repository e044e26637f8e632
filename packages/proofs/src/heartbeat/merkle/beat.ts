import { isRecord, readNode, toBase64 } from "../base64.ts";

/** What a Merkle node works with. Every tag of one key shares it; a farmer never needs the key. */
export interface MerkleBeat {
  /** 32 bytes, secret; absent in the public beat. */
  readonly key?: Uint8Array;
  /** The part of a file that a challenge reads; null: 8192 bytes. */
  readonly checkFraction: number | null;
}

/** A beat as JSON; without the key, as farmers get it, `key` is "". */
export interface WireMerkleBeat {
  readonly key: string;
  readonly check_fraction: number | null;
  readonly [key: string]: unknown;
}

export function merkleBeatToWire({ key, checkFraction }: MerkleBeat): WireMerkleBeat {
  return { key: key === undefined ? "" : toBase64(key), check_fraction: checkFraction };
}

/** A beat, public or not, from decoded JSON; undefined when it is none. */
export function readMerkleBeat(value: unknown): MerkleBeat | undefined {
  if (!isRecord(value)) return undefined;
  const { key: text, check_fraction: checkFraction } = value;
  if (checkFraction !== null && (typeof checkFraction !== "number" || !(checkFraction >= 0 && checkFraction <= 1))) {
    return undefined;
  }
  if (text === "") return { checkFraction };
  const key = readNode(text);
  return key === undefined ? undefined : { key, checkFraction };
}
