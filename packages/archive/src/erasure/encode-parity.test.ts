import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { compileKernel, kernelModule } from "@cairn/proofs/compile-kernel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../vectors/erasure.json" with { type: "json" };
import { encodeParity } from "./encode-parity.ts";
import { patternBytes } from "./testing/pattern-bytes.ts";
import { slowParity } from "./testing/reference-code.ts";

const code = fc
  .integer({ min: 1, max: 255 })
  .chain((n) => fc.record({ n: fc.constant(n), k: fc.integer({ min: 1, max: n }) }));
const dataBlocks = (k: number, length: number, seed: number) =>
  Array.from({ length: k }, (_, i) => patternBytes(length, seed + i));
const emptyBlocks = (count: number, length: number) => Array.from({ length: count }, () => new Uint8Array(length));

describe("encodeParity", () => {
  it("equals the definition, for every shape of code and any length", () => {
    fc.assert(
      fc.property(code, fc.integer({ min: 0, max: 70 }), fc.nat(1000), ({ k, n }, length, seed) => {
        const data = dataBlocks(k, length, seed);
        const parity = emptyBlocks(n - k, length);
        encodeParity(k, n, data, parity);
        expect(parity).toEqual(slowParity(k, n, data));
      }),
      {
        numRuns: 60,
        examples: [
          [{ k: 1, n: 255 }, 33, 1],
          [{ k: 127, n: 255 }, 17, 2],
          [{ k: 254, n: 255 }, 16, 3],
          [{ k: 255, n: 255 }, 5, 4],
        ],
      },
    );
  });

  it("gives the published vectors", () => {
    for (const { k, n, blockLength, parity } of vectors.codes) {
      const blocks = emptyBlocks(n - k, blockLength);
      encodeParity(k, n, dataBlocks(k, blockLength, 1), blocks);
      expect(blocks.map((block) => createHash("sha256").update(block).digest("hex"))).toEqual(parity);
    }
  });

  it("does not depend on how shards are cut into blocks", () => {
    const [k, n, length] = [10, 14, 200_003];
    const data = dataBlocks(k, length, 3);
    const whole = emptyBlocks(n - k, length);
    encodeParity(k, n, data, whole);
    const pieces = emptyBlocks(n - k, length);
    for (let from = 0; from < length; from += 65_521) {
      const cut = (block: Uint8Array) => block.subarray(from, from + 65_521);
      encodeParity(k, n, data.map(cut), pieces.map(cut));
    }
    expect(pieces.every((block, i) => Buffer.compare(block, whole[i]!) === 0)).toBe(true);
    const sample = [0, 1, 99_999, 200_002];
    const column = slowParity(
      k,
      n,
      data.map((block) => Uint8Array.from(sample, (at) => block[at]!)),
    );
    expect(whole.map((block) => sample.map((at) => block[at]))).toEqual(column.map((block) => [...block]));
  });

  it("copies the piece for k = 1 and has nothing to do for k = n", () => {
    const data = patternBytes(1000, 4);
    const copies = emptyBlocks(3, 1000);
    encodeParity(1, 4, [data], copies);
    expect(copies).toEqual([data, data, data]);
    encodeParity(3, 3, dataBlocks(3, 10, 1), []);
  });

  it("reads and writes shared memory", () => {
    const shared = () => new Uint8Array(new SharedArrayBuffer(500));
    const data = dataBlocks(2, 500, 9).map((block) => {
      const copy = shared();
      copy.set(block);
      return copy;
    });
    const parity = [shared(), shared()];
    encodeParity(2, 4, data, parity);
    expect(parity.map((block) => [...block])).toEqual(slowParity(2, 4, data).map((block) => [...block]));
  });

  it("refuses codes that do not exist and blocks that do not fit", () => {
    for (const [k, n] of [
      [0, 1],
      [3, 2],
      [1, 256],
      [1.5, 3],
      [Number.NaN, 4],
    ] as const) {
      expect(() => encodeParity(k, n, [], [])).toThrowError(expect.objectContaining({ code: "bad-erasure-code" }));
    }
    const refused = [
      [dataBlocks(1, 8, 1), emptyBlocks(2, 8)],
      [dataBlocks(2, 8, 1), emptyBlocks(1, 8)],
      [dataBlocks(2, 8, 1), emptyBlocks(2, 9)],
      [[new Uint8Array(8), new Uint8Array(7)], emptyBlocks(2, 8)],
    ] as const;
    for (const [data, parity] of refused) {
      expect(() => encodeParity(2, 4, data, parity)).toThrowError(expect.objectContaining({ code: "bad-blocks" }));
    }
  });
});

describe("the committed kernel", () => {
  it("is what its source compiles to", async () => {
    const source = new URL("kernels/galois.as.ts", import.meta.url);
    const committed = await readFile(new URL("kernels/generated/galois.ts", import.meta.url), "utf8");
    expect(kernelModule(await compileKernel(source), source)).toBe(committed);
  });
});
