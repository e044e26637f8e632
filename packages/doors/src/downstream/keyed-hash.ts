import { hash } from "node:crypto";

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;

/**
 * HMAC-SHA256 under `key` (at most 64 bytes) of short messages. Node's own leaves two objects behind for every hash, whose removal costs the
 * garbage collector more than the hash costs.
 */
export function keyedHash(key: Uint8Array): (message: Uint8Array) => Buffer {
  if (key.length > BLOCK_BYTES) throw new RangeError("the key is longer than 64 bytes");
  const inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c);
  for (const [i, byte] of key.entries()) {
    inner[i]! ^= byte;
    outer[i]! ^= byte;
  }
  return (message) => {
    outer.set(hash("sha256", Buffer.concat([inner, message]), "buffer"), BLOCK_BYTES);
    return hash("sha256", outer, "buffer");
  };
}
