import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { hashPiece, hashUnit, joinUnits, joinUnitsTree } from "./hash-unit.ts";
import { PieceHasher } from "./piece-hasher.ts";
import { UNIT_BYTES } from "./sizes.ts";
import { seededBytes } from "./testing/seeded-bytes.ts";

interface Hashed {
  unit: number;
  nodes: Uint8Array;
}

async function inWorker(shared: SharedArrayBuffer, units: number[], collectTree: boolean): Promise<Hashed[]> {
  const worker = new Worker(new URL("../test/hash-unit.worker.ts", import.meta.url), {
    workerData: { shared, units, collectTree },
    execArgv: [],
  });
  const [hashed] = (await once(worker, "message")) as [Hashed[]];
  await worker.terminate();
  return hashed;
}

function concat(hashed: Hashed[]): Uint8Array {
  const nodes = hashed.sort((a, b) => a.unit - b.unit).map(({ nodes }) => nodes);
  return Buffer.concat(nodes);
}

describe("hashUnit and joinUnits", () => {
  it.each([1, 127, 5000, 8128, UNIT_BYTES - 1, UNIT_BYTES, UNIT_BYTES + 1, 3 * UNIT_BYTES, 5 * UNIT_BYTES + 77])(
    "join units hashed in any order into the digest of %i bytes",
    (size) => {
      const bytes = seededBytes(size, size);
      const count = Math.ceil(size / UNIT_BYTES);
      for (const collectTree of [false, true]) {
        const hashed: Hashed[] = [];
        for (let unit = count - 1; unit >= 0; unit--) {
          const part = bytes.subarray(unit * UNIT_BYTES, (unit + 1) * UNIT_BYTES);
          hashed.push({ unit, nodes: hashUnit(part, { pieceLength: size, collectTree }) });
        }
        const expected = new PieceHasher({ collectTree: true }).update(bytes).digestTree();
        if (collectTree) {
          const { tree, root } = joinUnitsTree(concat(hashed), size);
          expect(root).toEqual(expected.root);
          expect(Buffer.compare(tree.serialise(), expected.tree.serialise())).toBe(0);
        } else expect(joinUnits(concat(hashed), size).root).toEqual(expected.root);
      }
    },
  );

  it("share one piece between two threads over a SharedArrayBuffer", async () => {
    const size = 4 * UNIT_BYTES + 1234;
    const shared = new SharedArrayBuffer(size);
    new Uint8Array(shared).set(seededBytes(size, 8));
    const halves = await Promise.all([inWorker(shared, [0, 2, 4], true), inWorker(shared, [1, 3], true)]);
    expect(joinUnitsTree(concat(halves.flat()), size).root).toEqual(hashPiece(new Uint8Array(shared)).root);
  });

  it("refuse a short unit of a piece of unknown length, an overlong unit, and roots that are too few or too many", () => {
    expect(() => hashUnit(new Uint8Array(5))).toThrowError(/length of its piece/);
    expect(() => hashUnit(new Uint8Array(UNIT_BYTES + 1))).toThrowError(/at most/);
    for (const roots of [0, 32, 96, 63]) {
      expect(() => joinUnits(new Uint8Array(roots), 2 * UNIT_BYTES)).toThrowError(/unit roots/);
    }
    expect(() => joinUnitsTree(new Uint8Array(64), 2 * UNIT_BYTES)).toThrowError(/unit roots/);
  });
});
