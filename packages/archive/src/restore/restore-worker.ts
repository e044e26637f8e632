import { parentPort, workerData } from "node:worker_threads";
import { freeCipherOutputs } from "@cairn/process/minor-gc";
import { asCairnError } from "@cairn/protocol/errors";
import type { FromRestoreWorker, RestoreSettings, ToRestoreWorker } from "./messages.ts";
import { FileRestorer } from "./restore-files.ts";

const port = parentPort;
if (!port) throw new Error("restore-worker runs as a worker thread only");
const post = (message: FromRestoreWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

async function handle(restorer: FileRestorer, message: ToRestoreWorker): Promise<void> {
  if (message.type === "job") {
    restorer.begin(message.files);
    return;
  }
  const { buffer } = message.delivery;
  const done = await restorer.take(message.delivery);
  post({ type: "buffer", buffer, ...done }, [buffer]);
  freeCipherOutputs();
}

let work: Promise<FileRestorer | undefined> = FileRestorer.create(workerData as RestoreSettings);
port.on("message", (message: ToRestoreWorker) => {
  work = work.then(async (restorer) => {
    try {
      if (restorer) await handle(restorer, message);
      return restorer;
    } catch (error) {
      restorer?.abandon();
      post({ type: "failed", error: asCairnError(error).toJSON() });
      return undefined;
    }
  });
});
work.catch((error) => post({ type: "failed", error: asCairnError(error).toJSON() }));
