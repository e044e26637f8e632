/**
 * How the original farmer makes its files and proofs, written from the protocol's description alone and plainly: nothing here is shared with
 * the node, so that what the node accepts is a check of both.
 */
import { createCipheriv, createHash, createHmac } from "node:crypto";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest();
const bytesOf = (text: string) => Buffer.from(text, "base64");

/** The file that RandomIO makes of a seed. */
export function randomFile(seed: string, size: number): Buffer {
  const counter = Buffer.alloc(16);
  counter[15] = 1;
  return createCipheriv("aes-256-ctr", sha256(seed), counter).update(Buffer.alloc(size));
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** G(key, range, x) of the protocol's section 3.2. */
function keyedPrf(key: Buffer, range: number, x: number): number {
  const bits = range.toString(2).length;
  const text = Buffer.alloc(Math.ceil(bits / 8));
  sha256(String(x)).copy(text);
  const cipher = createCipheriv(`aes-${key.length * 8}-cfb8`, key, Buffer.alloc(16));
  for (;;) {
    const value = Number(bigEndian(cipher.update(text)) & ((1n << BigInt(bits)) - 1n));
    if (value < range) return value;
  }
}

interface MerkleTag {
  tree: { nodes: string[]; order: number };
  chunksz: number;
  filesz: number;
}

function proveMerkle(file: Buffer, tag: MerkleTag, challenge: { seed: string; index: number }): Json {
  const seed = bytesOf(challenge.seed);
  const length = Math.min(tag.chunksz, tag.filesz);
  const offset = keyedPrf(seed, tag.filesz - length + 1, 0);
  const blob = createHmac("sha256", seed)
    .update(file.subarray(offset, offset + length))
    .digest("base64");
  const rows: Json[] = [];
  for (let j = 2 ** tag.tree.order - 1 + challenge.index; j > 0; j = Math.floor((j - 1) / 2)) {
    const left = j % 2 === 1 ? j : j - 1;
    rows.push([tag.tree.nodes[left] as string, tag.tree.nodes[left + 1] as string]);
  }
  return { leaf: { index: challenge.index, blob }, branch: { rows } };
}

/** F(key, limit, i) of section 4.4. */
function swizzlePrf(key: Buffer, limit: bigint, i: number): bigint {
  const hex = limit.toString(16);
  const text = Buffer.alloc(Math.ceil(hex.length / 2));
  const topBits = Number.parseInt(hex.slice(0, hex.length % 2 === 0 ? 2 : 1), 16).toString(2).length;
  const index = Buffer.alloc(4);
  index.writeUInt32LE(i);
  sha256(index).copy(text);
  const cipher = createCipheriv("aes-256-cfb", key, Buffer.alloc(16));
  let value = limit;
  for (let draw = 0; draw < 81 && value >= limit; draw++) {
    const drawn = cipher.update(text);
    drawn[0] = (drawn[0] as number) & ((1 << topBits) - 1);
    value = bigEndian(drawn);
  }
  return value;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(base64: string) {
    this.#bytes = bytesOf(base64);
  }

  byte(): number {
    return this.#take(1)[0] as number;
  }

  u32(): number {
    return this.#take(4).readUInt32LE();
  }

  bytes(): Buffer {
    return this.#take(this.u32());
  }

  int(): bigint {
    return bigEndian(this.bytes());
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Error("a Swizzle object ends too early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([u32(bytes.length), bytes]);
}

function proveSwizzle(file: Buffer, beatText: string, tagText: string, challengeText: string): string {
  const beat = new Reader(beatText);
  if ((beat.byte() & 1) !== 1) throw new Error("the heartbeat is not the public one");
  const sectors = beat.u32();
  const sectorBytes = beat.u32();
  const prime = beat.int();
  const tag = new Reader(tagText);
  const sigmas = Array.from({ length: tag.u32() }, () => tag.int());
  const challenge = new Reader(challengeText);
  const asked = challenge.u32();
  const key = challenge.bytes();
  const most = challenge.int();

  const count = Math.min(asked, sigmas.length);
  const mus = Array<bigint>(sectors).fill(0n);
  let sigma = 0n;
  for (let i = 0; i < count; i++) {
    const chunk = asked >= sigmas.length ? i : Number(swizzlePrf(key, BigInt(sigmas.length), i));
    const coefficient = swizzlePrf(key, most, i);
    for (let j = 0; j < sectors; j++) {
      const from = (chunk * sectors + j) * sectorBytes;
      const sector = bigEndian(file.subarray(from, from + sectorBytes));
      mus[j] = ((mus[j] as bigint) + coefficient * sector) % prime;
    }
    sigma = (sigma + coefficient * (sigmas[chunk] as bigint)) % prime;
  }
  return Buffer.concat([u32(sectors), ...mus.map(int), int(sigma)]).toString("base64");
}

/** The proof of a challenge, in the shapes of the later code. @throws Error when one of the objects is not what its type says */
export function prove(type: string, heartbeat: Json, file: Buffer, tag: Json, challenge: Json): Json {
  if (type === "Swizzle") {
    if (typeof heartbeat !== "string" || typeof tag !== "string" || typeof challenge !== "string") {
      throw new Error("a Swizzle object is not text");
    }
    return proveSwizzle(file, heartbeat, tag, challenge);
  }
  return proveMerkle(file, tag as unknown as MerkleTag, challenge as unknown as { seed: string; index: number });
}
