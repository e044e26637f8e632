import { CairnError } from "@cairn/protocol/errors";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { assertRawLength, heightOf, MAX_HEIGHT, NODE_BYTES, QUAD_BYTES } from "./sizes.ts";

/** fil-commitment-unsealed, and sha2-256-trunc254-padded (multicodec table). */
const UNSEALED = 0xf101;
const TRUNC254 = 0x1012;
/** raw, and fr32-sha2-256-trunc254-padbintree (FRC-0069). */
const RAW = 0x55;
const PADBINTREE = 0x1011;

export type PieceCid =
  | { version: 1; root: Uint8Array }
  /** `height` may exceed that of the smallest tree that holds `rawLength` bytes. */
  | { version: 2; root: Uint8Array; rawLength: number; height: number };

function badCid(message: string, cause?: unknown): CairnError {
  return new CairnError(message, {
    code: "bad-piece-cid",
    kind: "input",
    next: "Give a PieceCID: baga6ea4seaq… (v1) or bafkzci… (v2).",
    cause,
  });
}

function assertRoot(root: Uint8Array): void {
  if (root.length === NODE_BYTES && root[31]! <= 0x3f) return;
  throw badCid("a piece root is 32 bytes whose top two bits are clear");
}

/** PieceCID of a CommP root; its text is baga6ea4seaq…. Throws `bad-piece-cid` when `root` is no root. */
export function pieceCidV1(root: Uint8Array): CID {
  assertRoot(root);
  return CID.createV1(UNSEALED, Digest.create(TRUNC254, root));
}

/** Unsigned LEB128 of a safe integer. */
function uvarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

function capacityOf(height: number): number {
  return QUAD_BYTES * 2 ** (height - 2);
}

/** PieceCID v2 (FRC-0069) of a root and its payload length; its text is bafkzci…. */
export function pieceCidV2(root: Uint8Array, rawLength: number): CID {
  assertRoot(root);
  assertRawLength(rawLength);
  const height = heightOf(rawLength);
  return createV2(root, capacityOf(height) - rawLength, height);
}

function createV2(root: Uint8Array, padding: number, height: number): CID {
  return CID.createV1(RAW, Digest.create(PADBINTREE, Uint8Array.from([...uvarint(padding), height, ...root])));
}

function parseV2(cid: CID): PieceCid {
  const digest = cid.multihash.digest;
  const root = digest.subarray(-NODE_BYTES);
  const height = digest[digest.length - NODE_BYTES - 1];
  const varint = digest.subarray(0, -NODE_BYTES - 1);
  if (height === undefined || height < 2 || height > MAX_HEIGHT || varint.length < 1 || varint.length > 6) {
    throw badCid("the PieceCID's padding or height is out of range");
  }
  assertRoot(root);
  const padding = varint.reduceRight((sum, byte) => sum * 0x80 + (byte & 0x7f), 0);
  if (padding > capacityOf(height) || !createV2(root, padding, height).equals(cid)) {
    throw badCid("the PieceCID's padding is not in its only form");
  }
  return { version: 2, root, rawLength: capacityOf(height) - padding, height };
}

/** Read a PieceCID of either version, as text or CID. Throws `bad-piece-cid`. */
export function parsePieceCid(source: string | CID): PieceCid {
  const cid = typeof source === "string" ? parseCid(source) : source;
  if (cid.version === 1 && cid.code === UNSEALED && cid.multihash.code === TRUNC254) {
    assertRoot(cid.multihash.digest);
    return { version: 1, root: cid.multihash.digest };
  }
  if (cid.version === 1 && cid.code === RAW && cid.multihash.code === PADBINTREE) return parseV2(cid);
  throw badCid("this CID is no PieceCID");
}

function parseCid(text: string): CID {
  if (text.length > 256) throw badCid("a PieceCID has at most 256 characters");
  try {
    return CID.parse(text);
  } catch (cause) {
    throw badCid("this is not a CID", cause);
  }
}
