/**
 * First 64 bits of MurmurHash3 x64-128 with seed 0 (Austin Appleby, public domain), big-endian:
 * the hash by which UnixFS directories are sharded.
 */
const MASK = 0xffff_ffff_ffff_ffffn;
const C1 = 0x87c3_7b91_1142_53d5n;
const C2 = 0x4cf5_ad43_2745_937fn;

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;
const times = (a: bigint, b: bigint): bigint => (a * b) & MASK;

function finalMix(value: bigint): bigint {
  let mixed = times(value ^ (value >> 33n), 0xff51_afd7_ed55_8ccdn);
  mixed = times(mixed ^ (mixed >> 33n), 0xc4ce_b9fe_1a85_ec53n);
  return mixed ^ (mixed >> 33n);
}

export function murmur3First64(bytes: Uint8Array): Uint8Array {
  let h1 = 0n;
  let h2 = 0n;
  const tail = bytes.length % 16;
  const padded = new Uint8Array(bytes.length - tail + (tail > 0 ? 16 : 0));
  padded.set(bytes);
  const words = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 16) {
    const last = at + 16 > bytes.length;
    const k1 = times(rotate(times(words.getBigUint64(at, true), C1), 31n), C2);
    const k2 = times(rotate(times(words.getBigUint64(at + 8, true), C2), 33n), C1);
    h1 ^= k1;
    if (!last) h1 = (times(rotate(h1, 27n) + h2, 5n) + 0x52dc_e729n) & MASK;
    h2 ^= k2;
    if (!last) h2 = (times(rotate(h2, 31n) + h1, 5n) + 0x3849_5ab5n) & MASK;
  }
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  const result = new DataView(new ArrayBuffer(8));
  result.setBigUint64(0, (finalMix(h1) + finalMix(h2)) & MASK);
  return new Uint8Array(result.buffer);
}
