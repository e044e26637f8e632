// The heartbeat schemes written from their definition with node:crypto and bigints, one step after another: what the product's are held against.
import { createCipheriv, createHash, createHmac } from "node:crypto";

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const toInteger = (bytes: Buffer) => (bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`));
const hmac = (key: Uint8Array, data: Uint8Array) => createHmac("sha256", key).update(data).digest();

function keyedPrf(key: Buffer, range: bigint): bigint {
  const bits = range.toString(2).length;
  const digest = Buffer.alloc(Math.ceil(bits / 8));
  sha256(Buffer.from("0")).copy(digest);
  const cipher = createCipheriv("aes-256-cfb8", key, Buffer.alloc(16));
  for (;;) {
    const value = BigInt.asUintN(bits, toInteger(cipher.update(digest)));
    if (value < range) return value;
  }
}

/** All nodes of a Merkle tag for 2^k challenges, the root first. */
export function plainMerkleNodes(
  file: Buffer,
  key: Buffer,
  rootSeed: Buffer,
  rounds: number,
  chunkSize: number,
): Buffer[] {
  const nodes: Buffer[] = [];
  let seed = rootSeed;
  for (let i = 0; i < rounds; i++) {
    seed = hmac(key, seed);
    const offset = Number(keyedPrf(seed, BigInt(file.length - chunkSize + 1)));
    nodes[rounds - 1 + i] = sha256(hmac(seed, file.subarray(offset, offset + chunkSize)), Buffer.from(String(i)));
  }
  for (let j = rounds - 2; j >= 0; j--) nodes[j] = sha256(nodes[2 * j + 1]!, nodes[2 * j + 2]!);
  return nodes;
}

interface MerkleProof {
  leaf: { index: number; blob: string };
  branch: { rows: [string, string][] };
}

/** The original's judgement. */
export function plainMerkleVerify(root: Buffer, index: number, { leaf, branch }: MerkleProof): boolean {
  let node = sha256(Buffer.from(leaf.blob, "base64"), Buffer.from(String(index)));
  for (const row of branch.rows) {
    const [left, right] = row.map((text) => Buffer.from(text, "base64")) as [Buffer, Buffer];
    if (!node.equals(left) && !node.equals(right)) return false;
    node = sha256(left, right);
  }
  return leaf.index === index && node.equals(root);
}

/** Swizzle's PRF for a limit of 128 bytes. */
function swizzlePrf(key: Buffer, limit: bigint, index: number): bigint {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(index);
  const digest = Buffer.alloc(128);
  sha256(number).copy(digest);
  const cipher = createCipheriv("aes-256-cfb", key, Buffer.alloc(16));
  for (;;) {
    const value = toInteger(cipher.update(digest));
    if (value < limit) return value;
  }
}

const SECTORS = 10;
const SECTOR_BYTES = 128;

/** σ of every chunk of a file: sectors of 128 bytes, ten to a chunk. */
export function plainSwizzleSigmas(file: Buffer, prime: bigint, fKey: Buffer, alphaKey: Buffer): bigint[] {
  const alphas = Array.from({ length: SECTORS }, (_, j) => swizzlePrf(alphaKey, prime, j));
  const sigmas: bigint[] = [];
  for (let i = 0; i <= file.length / (SECTORS * SECTOR_BYTES); i++) {
    let sigma = swizzlePrf(fKey, prime, i);
    for (const [j, alpha] of alphas.entries()) {
      const at = (i * SECTORS + j) * SECTOR_BYTES;
      sigma = (sigma + alpha * toInteger(file.subarray(at, at + SECTOR_BYTES))) % prime;
    }
    sigmas.push(sigma);
  }
  return sigmas;
}

/** Judge an answer about the chunks that a challenge drew. */
export function plainSwizzleVerify(
  prime: bigint,
  { fKey, alphaKey }: { fKey: Buffer; alphaKey: Buffer },
  { key, indices }: { key: Buffer; indices: Iterable<number> },
  { mu, sigma }: { mu: readonly bigint[]; sigma: bigint },
): boolean {
  let sum = 0n;
  let draw = 0;
  for (const index of indices) {
    sum = (sum + swizzlePrf(key, prime, draw) * swizzlePrf(fKey, prime, index)) % prime;
    draw += 1;
  }
  for (const [j, value] of mu.entries()) sum = (sum + swizzlePrf(alphaKey, prime, j) * value) % prime;
  return sum === sigma;
}
