import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRebuilder } from "./create-rebuilder.ts";
import { encodeParity } from "./encode-parity.ts";
import { patternBytes } from "./testing/pattern-bytes.ts";

function shardsOf(k: number, n: number, length: number): Uint8Array[] {
  const data = Array.from({ length: k }, (_, i) => patternBytes(length, i + 1));
  const parity = Array.from({ length: n - k }, () => new Uint8Array(length));
  encodeParity(k, n, data, parity);
  return [...data, ...parity];
}

function rebuilt(shards: Uint8Array[], k: number, present: number[], wanted: number[]): Uint8Array[] {
  const outputs = wanted.map(() => new Uint8Array(shards[0]!.length));
  createRebuilder(
    k,
    shards.length,
    present,
    wanted,
  )(
    present.map((shard) => shards[shard]!),
    outputs,
  );
  return outputs;
}

/** A code, and its shards in some order: the first k are present, any of all are wanted. */
const loss = (max: number) =>
  fc
    .integer({ min: 1, max })
    .chain((n) => fc.tuple(fc.integer({ min: 1, max: n }), fc.shuffledSubarray([...Array(n).keys()], { minLength: n })))
    .chain(([k, order]) => fc.tuple(fc.constant(k), fc.constant(order), fc.shuffledSubarray(order)));

describe("createRebuilder", () => {
  it("makes any shards from any k, in any order", () => {
    fc.assert(
      fc.property(loss(24), fc.integer({ min: 0, max: 100 }), ([k, order, wanted], length) => {
        const shards = shardsOf(k, order.length, length);
        expect(rebuilt(shards, k, order.slice(0, k), wanted)).toEqual(wanted.map((shard) => shards[shard]));
      }),
      { numRuns: 200 },
    );
  });

  it("does so for large codes too", () => {
    fc.assert(
      fc.property(loss(255), ([k, order, wanted]) => {
        const shards = shardsOf(k, order.length, 19);
        expect(rebuilt(shards, k, order.slice(0, k), wanted)).toEqual(wanted.map((shard) => shards[shard]));
      }),
      { numRuns: 8 },
    );
  });

  it.each([
    [1, 255],
    [128, 255],
    [254, 255],
    [29, 80],
  ])("rebuilds everything of a %i-of-%i code from its last k shards", (k, n) => {
    const shards = shardsOf(k, n, 40);
    const all = [...Array(n).keys()];
    expect(rebuilt(shards, k, all.slice(n - k), all)).toEqual(shards);
  });

  it("rebuilds a 3-of-6 code from every choice of three", () => {
    const shards = shardsOf(3, 6, 64);
    const all = [0, 1, 2, 3, 4, 5];
    for (const a of all)
      for (const b of all)
        for (const c of all) {
          if (a !== b && b !== c && a !== c) expect(rebuilt(shards, 3, [a, b, c], all)).toEqual(shards);
        }
  });

  it("works block by block in lockstep, with several rebuilders in turn", () => {
    const [k, n, length, block] = [4, 7, 150_001, 40_000];
    const shards = shardsOf(k, n, length);
    const ways = [
      { present: [0, 4, 5, 6], wanted: [1, 2, 3] },
      { present: [3, 2, 1, 6], wanted: [0, 5] },
    ].map((way) => ({
      ...way,
      rebuild: createRebuilder(k, n, way.present, way.wanted),
      out: way.wanted.map(() => new Uint8Array(length)),
    }));
    for (let from = 0; from < length; from += block) {
      for (const { present, rebuild, out } of ways) {
        rebuild(
          present.map((shard) => shards[shard]!.subarray(from, from + block)),
          out.map((bytes) => bytes.subarray(from, from + block)),
        );
      }
    }
    for (const { wanted, out } of ways) {
      expect(wanted.every((shard, i) => Buffer.compare(shards[shard]!, out[i]!) === 0)).toBe(true);
    }
  });

  it("refuses shards that are too few, too many, doubled or unknown", () => {
    const wrong: [number[], number[]][] = [
      [[0], [1]],
      [[0, 1, 2], [3]],
      [[0, 0], [1]],
      [[0, 4], [1]],
      [[0, -1], [1]],
      [
        [0, 1],
        [2, 2],
      ],
      [[0, 1], [4]],
      [[0, 0.5], [3]],
    ];
    for (const [present, wanted] of wrong) {
      expect(() => createRebuilder(2, 4, present, wanted)).toThrowError(
        expect.objectContaining({ code: "bad-shards" }),
      );
    }
    expect(() => createRebuilder(5, 4, [0], [1])).toThrowError(expect.objectContaining({ code: "bad-erasure-code" }));
    const rebuild = createRebuilder(2, 4, [0, 1], [2]);
    expect(() => rebuild([new Uint8Array(4)], [new Uint8Array(4)])).toThrowError(
      expect.objectContaining({ code: "bad-blocks" }),
    );
  });
});
