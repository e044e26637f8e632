import { CID } from "multiformats/cid";
import { crypto } from "#crypto";
import { concatBytes } from "../bytes.ts";
import { CID_BYTES } from "../unixfs/links.ts";
import { ByteReader, corruptCar } from "./byte-reader.ts";
import { MAX_BLOCK_BYTES } from "./format.ts";
import { verifyBlock } from "./scan-car.ts";

/**
 * What stands for the blocks of a piece, in their order: chain' = sha256(chain ‖ CID). It commits to every byte, since a CID does, and goes
 * on from where it stood, which a hash of the bytes does not after the process that made it has ended.
 */
export const EMPTY_CHAIN: Uint8Array = new Uint8Array(32);

const link = (chain: Uint8Array, cid: Uint8Array): Uint8Array => crypto.sha256(concatBytes([chain, cid]));

/** The chain after whole frames of our own making, one behind the other, given the length of each. Their blocks are not read. */
export function chainFrames(chain: Uint8Array, bytes: Uint8Array, lengths: Iterable<number>): Uint8Array {
  let after = chain;
  let at = 0;
  for (const length of lengths) {
    let cid = at;
    while (((bytes[cid] ?? 0) & 128) !== 0) cid += 1;
    after = link(after, bytes.subarray(cid + 1, cid + 1 + CID_BYTES));
    at += length;
  }
  return after;
}

const SHA2_256 = 0x12;

function decoded(bytes: Uint8Array): CID {
  let cid: CID | undefined;
  try {
    cid = CID.decode(bytes);
  } catch {
    // Any other bytes than an identifier's.
  }
  if (cid?.multihash.code !== SHA2_256) throw corruptCar("a frame begins with no identifier");
  return cid;
}

/** The chain of bare frames that are read from somewhere, each block held against its CID. Throws `corrupt-car`, `corrupt-block`. */
export async function chainOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const reader = new ByteReader(stream);
  const cid = new Uint8Array(CID_BYTES);
  let chain = EMPTY_CHAIN;
  try {
    while (!(await reader.atEnd())) {
      const length = await reader.readVarint(CID_BYTES + MAX_BLOCK_BYTES);
      if (length < CID_BYTES) throw corruptCar("a frame is shorter than its identifier");
      await reader.readInto(cid);
      const block = new Uint8Array(length - CID_BYTES);
      await reader.readInto(block);
      verifyBlock(decoded(cid), block);
      chain = link(chain, cid);
    }
  } finally {
    await reader.close();
  }
  return chain;
}
