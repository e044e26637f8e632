import { base32 } from "multiformats/bases/base32";
import { NODE_BYTES } from "./sizes.ts";

/** Longest text that is looked at: PieceCIDs have at most 72 characters. */
const MOST = 100;
/** What PieceCIDs of version 1 begin with (CIDv1, fil-commitment-unsealed, sha2-256-trunc254-padded, 32 bytes), and of version 2, up to the length. */
const V1 = [0x01, 0x81, 0xe2, 0x03, 0x92, 0x20, 0x20];
const V2 = [0x01, 0x55, 0x91, 0x20];

/**
 * The roots of the pieces whose PieceCID, of either version, begins with a text: from … to, both included; undefined where none does. Where the text ends
 * before the root it is every root. Padding and height of version 2 are not compared: they follow from the length.
 */
export function rootsOfPrefix(text: string): { from: Uint8Array; to: Uint8Array } | undefined {
  if (text.length > MOST || !/^b[a-z2-7]*$/.test(text)) return undefined;
  const bits = 5 * (text.length - 1);
  // Whole groups of eight characters, so that every bit is decoded.
  const low = base32.decode(text.padEnd(1 + 8 * Math.ceil((text.length - 1) / 8), "a"));
  const begins = (header: readonly number[]) => header.every((byte, at) => at * 8 + 8 > bits || low[at] === byte);
  const start = begins(V1) ? V1.length : begins(V2) ? rootOfV2(low, bits) : undefined;
  if (start === undefined || bits > (start + NODE_BYTES) * 8 + 7) return undefined;
  const from = new Uint8Array(NODE_BYTES);
  const to = new Uint8Array(NODE_BYTES).fill(0xff);
  for (let at = 0; at < NODE_BYTES; at++) {
    const known = Math.max(0, Math.min(8, bits - (start + at) * 8));
    const mask = (0xff << (8 - known)) & 0xff;
    from[at] = (low[start + at] ?? 0) & mask;
    to[at] = from[at]! | (~mask & 0xff);
  }
  return { from, to };
}

/** Where the root begins: after the digest's length, a varint of padding and the height. */
function rootOfV2(bytes: Uint8Array, bits: number): number {
  let at = V2.length + 1;
  while (at * 8 + 8 <= bits && bytes[at]! >= 0x80) at++;
  return at + 2;
}
