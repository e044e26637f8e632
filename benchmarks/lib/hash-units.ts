/** A worker of benchmarks/commp.ts: answers each message, a list of unit numbers, with their roots. */
import { parentPort, workerData } from "node:worker_threads";
import { hashUnit, UNIT_BYTES } from "@cairn/proofs";

const bytes = new Uint8Array(workerData as SharedArrayBuffer);
parentPort!.on("message", (units: number[]) => {
  const roots = units.map((unit) => ({
    unit,
    root: hashUnit(bytes.subarray(unit * UNIT_BYTES, (unit + 1) * UNIT_BYTES), { pieceLength: bytes.length }),
  }));
  parentPort!.postMessage(roots);
});
