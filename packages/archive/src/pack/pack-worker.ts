import { parentPort, workerData } from "node:worker_threads";
import { freeCipherOutputs } from "@cairn/process/minor-gc";
import { asCairnError } from "@cairn/protocol/errors";
import { BufferPool } from "./buffer-pool.ts";
import type { FromPackWorker, PackSettings, ToPackWorker } from "./messages.ts";
import { FilePacker } from "./pack-files.ts";

/** Segments that one worker may have on the way: 4 of 4 MiB. */
const BUFFERS = 4;

const port = parentPort;
if (!port) throw new Error("pack-worker runs as a worker thread only");
const post = (message: FromPackWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const pool = new BufferPool(BUFFERS);
let work: Promise<FilePacker | undefined> = FilePacker.create(workerData as PackSettings, {
  take: (bytes) => pool.take(bytes),
  send: (segment) => {
    post({ type: "segment", segment }, [segment.buffer]);
    freeCipherOutputs();
  },
}).catch((error) => {
  post({ type: "failed", error: asCairnError(error).toJSON() });
  return undefined;
});

port.on("message", (message: ToPackWorker) => {
  if (message.type === "buffer") {
    pool.give(message.buffer);
    return;
  }
  work = work.then(async (packer) => {
    try {
      await packer?.pack(message.job, message.files);
      return packer;
    } catch (error) {
      post({ type: "failed", error: asCairnError(error).toJSON() });
      return undefined;
    }
  });
});
