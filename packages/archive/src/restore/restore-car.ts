import { open } from "node:fs/promises";
import { carHeader, varintBytes, writeVarint } from "../car/format.ts";
import { splitFrame, verifyBlock } from "../car/scan-car.ts";
import { displayName, nameOfBytes } from "../walk/names.ts";
import { writeFailed, wrongBlocks } from "./errors.ts";
import type { Restored, RestoreFolderOptions } from "./options.ts";
import { PieceFrames } from "./piece-frames.ts";
import { Staging } from "./staging.ts";

const BATCH_BYTES = 4_194_304;

/** Joins the pieces of a DAG that was taken in as it was into one CARv1; every block is checked against its CID. */
export async function restoreCar(options: RestoreFolderOptions): Promise<Restored> {
  const { manifest, signal } = options;
  const totalBytes = manifest.pieces.reduce((sum, length) => sum + length, 0);
  const staging = await Staging.open(options.destination, { name: `${manifest.root}.car` }, totalBytes);
  const frames = new PieceFrames(options.pieces, manifest.root);
  let bytes = 0;
  try {
    const file = await open(staging.root, "wx");
    try {
      let batch: Uint8Array[] = [carHeader(manifest.root)];
      let held = 0;
      const flush = async (): Promise<void> => {
        const part = Buffer.concat(batch);
        await file.writeFile(part);
        bytes += part.length;
        batch = [];
        held = 0;
        options.onProgress?.({ files: 0, bytes, totalFiles: 1, totalBytes });
      };
      let sawRoot = false;
      for (let length = await frames.nextLength(); length !== undefined; length = await frames.nextLength()) {
        signal?.throwIfAborted();
        const frame = new Uint8Array(length + varintBytes(length));
        const start = writeVarint(frame, 0, length);
        await frames.readInto(frame.subarray(start));
        const [cid, block] = splitFrame(frame.subarray(start));
        verifyBlock(cid, block);
        sawRoot ||= Buffer.from(cid.multihash.bytes).equals(manifest.root.multihash.bytes);
        batch.push(frame);
        held += frame.length;
        if (held >= BATCH_BYTES) await flush();
      }
      if (!sawRoot) throw wrongBlocks("its root block is missing");
      await flush();
    } finally {
      await file.close();
    }
    await staging.promote();
    await staging.close();
    return { path: nameOfBytes(staging.target), files: 1, bytes, exactTimes: true, rootKept: false };
  } catch (error) {
    await staging.discard();
    throw (error as NodeJS.ErrnoException).syscall === undefined
      ? error
      : writeFailed(displayName(nameOfBytes(staging.target)), error);
  } finally {
    frames.close();
  }
}
