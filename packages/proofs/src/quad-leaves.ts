import { QUAD_BYTES } from "./sizes.ts";

const LEAF_BITS = 254n;
const LEAF_MASK = (1n << LEAF_BITS) - 1n;

/** The four leaves that fr32 makes of up to 127 raw bytes (zero-padded): 254 bits each, least significant first, under two zero bits. */
export function quadLeaves(raw: Uint8Array): Uint8Array[] {
  if (raw.length > QUAD_BYTES) throw new RangeError(`a quad holds ${QUAD_BYTES} bytes, not ${raw.length}`);
  let bits = 0n;
  for (const byte of raw.toReversed()) bits = (bits << 8n) | BigInt(byte);
  return Array.from({ length: 4 }, (_, leaf) => {
    let value = (bits >> (LEAF_BITS * BigInt(leaf))) & LEAF_MASK;
    const bytes = new Uint8Array(32);
    for (let i = 0; i < 32; i += 1) {
      bytes[i] = Number(value & 0xffn);
      value >>= 8n;
    }
    return bytes;
  });
}
