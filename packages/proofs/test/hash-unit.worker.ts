import { parentPort, workerData } from "node:worker_threads";
import { hashUnit } from "../src/hash-unit.ts";
import { UNIT_BYTES } from "../src/sizes.ts";

const { shared, units, collectTree } = workerData as {
  shared: SharedArrayBuffer;
  units: number[];
  collectTree: boolean;
};
const bytes = new Uint8Array(shared);
parentPort!.postMessage(
  units.map((unit) => ({
    unit,
    nodes: hashUnit(bytes.subarray(unit * UNIT_BYTES, (unit + 1) * UNIT_BYTES), {
      pieceLength: bytes.length,
      collectTree,
    }),
  })),
);
