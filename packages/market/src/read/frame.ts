import { verifyBlock } from "@cairn/archive";
import type { BlockFrame } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import { CID } from "multiformats/cid";

/** Whether bytes are the CAR frame that the index says: length, CID, and data that hash to the CID. */
export function isFrame(bytes: Uint8Array, frame: BlockFrame): boolean {
  if (bytes.length !== frame.length) return false;
  const cid = Buffer.from(frame.cid.buffer, frame.cid.byteOffset, frame.cid.length);
  const prefix = varint(frame.length - varintBytes(frame.length));
  const dataAt = prefix.length + cid.length;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!data.subarray(0, prefix.length).equals(prefix) || !data.subarray(prefix.length, dataAt).equals(cid))
    return false;
  try {
    verifyBlock(CID.decode(frame.cid), data.subarray(dataAt));
    return true;
  } catch (error) {
    if (error instanceof CairnError) return false;
    throw error;
  }
}

/** Bytes that the varint takes of a frame whose whole length, varint included, is `length`. */
function varintBytes(length: number): number {
  for (let size = 1; ; size++) {
    if (length - size < 128 ** size) return size;
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
