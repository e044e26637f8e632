import { fromBase64, toBase64 } from "../base64.ts";
import { byteLength } from "./integers.ts";
import { type Sectors, sectorsBelow } from "./sectors.ts";
import { integer, MOST_INTEGER_BYTES, sized, u32, WireReader } from "./wire.ts";

export const KEY_BYTES = 32;
const USUAL_SECTORS = 10;
export const MOST_SECTORS = 1024;
const MOST_BEAT_BYTES = 2048;
const PUBLIC = 1;

/**
 * The largest prime below 2^1024. The scheme asks only that p is a prime as large as a sector; this one leaves no sector that could be
 * stored in a shorter, reduced form worth having, its draws are all but never refused, and reducing by it is cheap.
 */
export const SWIZZLE_PRIME = 2n ** 1024n - 105n;

/** What seals the states of a Swizzle node; 32 bytes each. */
export interface SwizzleKeys {
  readonly encryption: Uint8Array;
  readonly mac: Uint8Array;
}

/** What a Swizzle node works with. A farmer has it without the keys. */
export interface SwizzleBeat extends Sectors {
  readonly keys?: SwizzleKeys;
}

/** A beat as a node makes it: ten sectors of 128 bytes in a chunk of 1280. */
export function newSwizzleBeat(keys: SwizzleKeys, prime = SWIZZLE_PRIME, sectors = USUAL_SECTORS): SwizzleBeat {
  return { keys, ...sectorsBelow(prime, sectors) };
}

/** A beat as base64 text, public when it has no keys. */
export function swizzleBeatToWire({ keys, sectors, sectorSize, prime }: SwizzleBeat): string {
  const secret = keys === undefined ? [] : [sized(keys.encryption), sized(keys.mac)];
  const flags = Buffer.of(keys === undefined ? PUBLIC : 0);
  return toBase64(Buffer.concat([flags, ...secret, u32(sectors), u32(sectorSize), integer(prime)]));
}

/** The beat without its keys. */
export function publicSwizzleBeat({ sectors, sectorSize, prime }: SwizzleBeat): SwizzleBeat {
  return { sectors, sectorSize, prime };
}

/** A beat, public or not, from decoded JSON; undefined when it is none. */
export function readSwizzleBeat(value: unknown): SwizzleBeat | undefined {
  const bytes = fromBase64(value, MOST_BEAT_BYTES);
  if (bytes === undefined) return undefined;
  const reader = new WireReader(bytes);
  const flags = reader.u8();
  const isPublic = flags === PUBLIC;
  const keys = isPublic ? undefined : { encryption: reader.sized(KEY_BYTES), mac: reader.sized(KEY_BYTES) };
  const fields = { sectors: reader.u32(), sectorSize: reader.u32(), prime: reader.integer() };
  if (!reader.done || flags > PUBLIC || fields.prime < 2n) return undefined;
  if (fields.sectors < 1 || fields.sectors > MOST_SECTORS) return undefined;
  if (fields.sectorSize < 1 || fields.sectorSize > Math.min(MOST_INTEGER_BYTES, byteLength(fields.prime)))
    return undefined;
  return keys === undefined ? fields : { keys, ...fields };
}
