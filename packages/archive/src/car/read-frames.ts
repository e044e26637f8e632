import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { ByteReader, corruptCar } from "./byte-reader.ts";
import { MAX_BLOCK_BYTES } from "./format.ts";

const CID_BYTES = 36;
const MAX_FRAME_BYTES = MAX_BLOCK_BYTES + CID_BYTES + CAR_HEADER_BYTES;

/**
 * Blocks of bare CAR frames (no header) with 36-byte CIDs, in order, not verified: `fetchBlocks` holds them to the CIDs that were asked for.
 * Throws `corrupt-car`.
 */
export async function* readFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(stream);
  const cid = new Uint8Array(CID_BYTES);
  try {
    while (!(await reader.atEnd())) {
      const length = await reader.readVarint(MAX_FRAME_BYTES);
      if (length < CID_BYTES) throw corruptCar("a frame is shorter than its identifier");
      await reader.readInto(cid);
      const block = new Uint8Array(length - CID_BYTES);
      await reader.readInto(block);
      yield block;
    }
  } finally {
    await reader.close();
  }
}
