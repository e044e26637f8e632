import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { hexToBytes } from "@noble/hashes/utils";
import type { CID } from "multiformats/cid";
import { concatBytes } from "../bytes.ts";
import { CID_BYTES } from "../unixfs/links.ts";

const HEADER_START = hexToBytes("3aa265726f6f747381d82a582500");
const HEADER_END = hexToBytes("6776657273696f6e01");
/** No block that we write or take is longer; IPFS peers move at most 2 MiB. */
export const MAX_BLOCK_BYTES = 4_194_304;

/** The 59 bytes before the first block of every piece: CARv1 with one root (docs/protocol.md, 1). */
export function carHeader(root: CID): Uint8Array {
  if (root.bytes.length !== CID_BYTES)
    throw new RangeError(`a root CID has ${CID_BYTES} bytes, not ${root.bytes.length}`);
  const header = concatBytes([HEADER_START, root.bytes, HEADER_END]);
  if (header.length !== CAR_HEADER_BYTES) throw new RangeError("the CAR header has another length");
  return header;
}

/** Bytes of the varint of `value`. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes the varint of `value`; returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128) {
    target[at++] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

/** Bytes that precede a block of `length` bytes: its length as varint and its CID. */
export function frameHeaderBytes(length: number): number {
  return varintBytes(CID_BYTES + length) + CID_BYTES;
}

/** Bytes of a block in a CAR. */
export function frameBytes(length: number): number {
  return frameHeaderBytes(length) + length;
}

/** Writes what precedes a block; returns the offset behind it, where the block's bytes belong. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  block: { codec: number; digest: Uint8Array; length: number },
): number {
  const at = writeVarint(target, offset, CID_BYTES + block.length);
  target[at] = 1;
  target[at + 1] = block.codec;
  target[at + 2] = 0x12;
  target[at + 3] = 32;
  target.set(block.digest, at + 4);
  return at + CID_BYTES;
}
