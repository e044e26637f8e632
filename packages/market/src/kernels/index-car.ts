import { createReadStream } from "node:fs";
import { scanBlocks } from "@cairn/archive/scan-car";
import { freeCipherOutputs } from "@cairn/process/minor-gc";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { FRAME_BATCH, type FrameBatch, type IndexJob, type KernelAnswers } from "./jobs.ts";

const READ_BYTES = 1_048_576;
/** Blocks that were read and are of no more use may pile up to this. */
const GARBAGE_BYTES = 4_194_304;

interface Frame {
  cid: Uint8Array;
  offset: number;
  length: number;
}

/** Scan and verify a piece file behind its header; `emit` gets its frames in batches and is awaited. */
export async function indexCar(
  job: IndexJob,
  emit: (batch: FrameBatch) => Promise<void>,
): Promise<KernelAnswers["index"]> {
  const stream = createReadStream(job.path, { start: CAR_HEADER_BYTES, highWaterMark: READ_BYTES });
  let frames: Frame[] = [];
  let end = CAR_HEADER_BYTES;
  let blocks = 0;
  let garbage = 0;
  for await (const { cid, offset, bytes } of scanBlocks(stream, CAR_HEADER_BYTES)) {
    frames.push({ cid: cid.bytes, offset: end, length: offset + bytes.length - end });
    end = offset + bytes.length;
    blocks++;
    garbage += bytes.length;
    if (garbage >= GARBAGE_BYTES) {
      garbage = 0;
      freeCipherOutputs();
    }
    if (frames.length === FRAME_BATCH) {
      await emit(pack(frames));
      frames = [];
    }
  }
  if (frames.length > 0) await emit(pack(frames));
  return { blocks };
}

function pack(frames: readonly Frame[]): FrameBatch {
  return {
    offsets: Float64Array.from(frames, (frame) => frame.offset),
    lengths: Int32Array.from(frames, (frame) => frame.length),
    cids: Buffer.concat(frames.map((frame) => frame.cid)),
    cidLengths: Int32Array.from(frames, (frame) => frame.cid.length),
  };
}

export function unpack(batch: FrameBatch): Frame[] {
  let at = 0;
  return Array.from(batch.cidLengths, (size, i) => {
    const cid = batch.cids.subarray(at, at + size);
    at += size;
    return { cid, offset: batch.offsets[i]!, length: batch.lengths[i]! };
  });
}
