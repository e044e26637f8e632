import { closeSync, openSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { asCairnError } from "@cairn/protocol/errors";
import { chainCar } from "./chain-car.ts";
import { indexCar } from "./index-car.ts";
import type { FrameBatch, KernelJob } from "./jobs.ts";
import { pieceUnits, shardUnits } from "./shard-units.ts";

const port = parentPort!;
let acknowledge: () => void = () => undefined;

function emit(batch: FrameBatch): Promise<void> {
  return new Promise((resolve) => {
    acknowledge = resolve;
    port.postMessage({ batch });
  });
}

async function run(job: KernelJob): Promise<unknown> {
  if (job.kind === "index") return indexCar(job, emit);
  if (job.kind === "chain") return chainCar(job);
  const file = openSync(job.path, "r");
  try {
    return job.kind === "shard-units" ? shardUnits(job, file) : pieceUnits(job, file);
  } finally {
    closeSync(file);
  }
}

port.on("message", async (message: KernelJob | { acknowledged: true }) => {
  if ("acknowledged" in message) {
    acknowledge();
    return;
  }
  try {
    port.postMessage({ answer: await run(message) });
  } catch (error) {
    port.postMessage({ error: asCairnError(error).toJSON() });
  }
});
