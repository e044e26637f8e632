import { closeSync, openSync } from "node:fs";
import { splitFrame, verifyBlock } from "@cairn/archive/scan-car";
import { CAR_HEADER_BYTES } from "@cairn/protocol/words";
import { FrameReader } from "./frame-reader.ts";
import { FRAME_BATCH, type FrameBatch, type IndexJob, type KernelAnswers } from "./jobs.ts";

interface Frame {
  cid: Uint8Array;
  offset: number;
  length: number;
}

/**
 * Scan and verify a piece file behind its header; `emit` gets its frames in batches and is awaited.
 * @throws CairnError `corrupt-car`, `corrupt-block`, `unsupported-hash`
 */
export async function indexCar(
  job: IndexJob,
  emit: (batch: FrameBatch) => Promise<void>,
): Promise<KernelAnswers["index"]> {
  const file = openSync(job.path, "r");
  try {
    const reader = new FrameReader(file, CAR_HEADER_BYTES);
    let frames: Frame[] = [];
    let blocks = 0;
    for (;;) {
      const offset = reader.position;
      const frame = reader.next();
      if (frame === undefined) break;
      const [cid, block] = splitFrame(frame);
      verifyBlock(cid, block);
      // The identifier may be a view of the frame, which is overwritten.
      frames.push({ cid: cid.bytes.slice(), offset, length: reader.position - offset });
      blocks++;
      if (frames.length < FRAME_BATCH) continue;
      await emit(pack(frames));
      frames = [];
    }
    if (frames.length > 0) await emit(pack(frames));
    return { blocks };
  } finally {
    closeSync(file);
  }
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
