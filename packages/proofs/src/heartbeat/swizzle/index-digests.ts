import { hash } from "node:crypto";

const DIGEST_BYTES = 32;
/** Digests of the indices below this are kept: the chunks of 80 MiB. */
const KEPT = 65_536;
const table = Buffer.alloc(KEPT * DIGEST_BYTES);
let filled = 0;

const number = Buffer.alloc(4);

function writeDigest(index: number, target: Buffer, at: number): void {
  number.writeUInt32LE(index);
  target.write(hash("sha256", number, "binary"), at, DIGEST_BYTES, "latin1");
}

/** Put SHA-256(index as u32 little-endian), cut to `length` ≤ 32 bytes, at `at` of `target`. */
export function copyIndexDigest(index: number, target: Buffer, at: number, length: number): void {
  if (index >= KEPT) {
    number.writeUInt32LE(index);
    target.write(hash("sha256", number, "binary"), at, length, "latin1");
    return;
  }
  for (; filled <= index; filled++) writeDigest(filled, table, filled * DIGEST_BYTES);
  table.copy(target, at, index * DIGEST_BYTES, index * DIGEST_BYTES + length);
}
