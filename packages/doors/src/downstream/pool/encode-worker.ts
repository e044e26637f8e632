import { constants, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { asCairnError } from "@cairn/protocol/errors";
import { type EncodeJob, encode } from "./encode.ts";

const port = parentPort!;

// On Linux this is the priority of this thread alone; elsewhere it would be the whole process's.
if (process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);

port.on("message", async (job: EncodeJob) => {
  try {
    port.postMessage({ encoded: await encode(job) });
  } catch (error) {
    port.postMessage({ error: asCairnError(error).toJSON() });
  }
});
