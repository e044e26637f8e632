import { createReadStream } from "node:fs";
import { scanCar } from "@cairn/archive";
import { CAR_HEADER_BYTES } from "@cairn/core";
import { FRAME_BATCH, type FrameBatch, type IndexJob, type KernelAnswers } from "./jobs.ts";

interface Frame {
  cid: Uint8Array;
  offset: number;
  length: number;
}

/** Scan and verify a CAR file; `emit` gets its frames in batches and is awaited. */
export async function indexCar(
  job: IndexJob,
  emit: (batch: FrameBatch) => Promise<void>,
): Promise<KernelAnswers["index"]> {
  const scan = await scanCar(createReadStream(job.path, { highWaterMark: 1_048_576 }));
  const root = Buffer.from(job.root);
  let frames: Frame[] = [];
  let end = CAR_HEADER_BYTES;
  let hasRoot = false;
  let blocks = 0;
  for await (const { cid, offset, bytes } of scan.blocks) {
    hasRoot ||= root.equals(cid.bytes);
    frames.push({ cid: cid.bytes, offset: end, length: offset + bytes.length - end });
    end = offset + bytes.length;
    blocks++;
    if (frames.length === FRAME_BATCH) {
      await emit(pack(frames));
      frames = [];
    }
  }
  if (frames.length > 0) await emit(pack(frames));
  return { hasRoot, blocks };
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
