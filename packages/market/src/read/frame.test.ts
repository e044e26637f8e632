import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { isFrame } from "./frame.ts";
import { combinations } from "./piece-source.ts";
import { runsOf, verifiedRuns } from "./read-frames.ts";

function frameOf(data: Uint8Array) {
  const cid = CID.createV1(0x55, Digest.create(0x12, createHash("sha256").update(data).digest()));
  const length: number[] = [];
  let rest = cid.bytes.length + data.length;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  length.push(rest);
  const bytes = Buffer.concat([Buffer.from(length), cid.bytes, data]);
  return { bytes, cid: cid.bytes };
}

describe("isFrame", () => {
  it("takes the frame that the index says and no other bytes", () => {
    const sizes = fc.oneof(fc.nat(300), fc.constantFrom(91, 92, 127, 128, 16_347, 16_348, 16_349));
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer({ min: 1, max: 255 }), (size, at, change) => {
        const { bytes, cid } = frameOf(randomBytes(size));
        const frame = { cid, offset: 59, length: bytes.length };
        expect(isFrame(bytes, frame)).toBe(true);
        const wrong = Buffer.from(bytes);
        wrong[at % wrong.length]! ^= change;
        expect(isFrame(wrong, frame)).toBe(false);
        expect(isFrame(bytes.subarray(1), frame)).toBe(false);
      }),
    );
  });
});

describe("combinations", () => {
  it("gives every set of the size once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), (n, k) => {
        const items = Array.from({ length: n }, (_, i) => i);
        const sets = [...combinations(items, k)].map((set) => set.join());
        let expected = k > n ? 0 : 1;
        for (let i = 0; k <= n && i < k; i++) expected = (expected * (n - i)) / (i + 1);
        expect(sets).toHaveLength(expected);
        expect(new Set(sets).size).toBe(sets.length);
      }),
    );
  });
});

describe("verifiedRuns", () => {
  async function* each<T>(items: T[]) {
    yield* items;
  }

  it("gives the bytes in order and mends what is wrong", async () => {
    const made = Array.from({ length: 200 }, (_, i) => frameOf(randomBytes((i * 7919) % 60_000)));
    const file = Buffer.concat([Buffer.alloc(59), ...made.map((frame) => frame.bytes)]);
    let at = 59;
    const frames = made.map(({ bytes, cid }) => {
      const frame = { cid, offset: at, length: bytes.length };
      at += bytes.length;
      return frame;
    });
    const damaged = Buffer.from(file);
    for (let i = 100; i < damaged.length; i += 1_000_003) damaged[i]! ^= 1;
    let mended = 0;
    const source = {
      read: async (from: number, length: number) => Buffer.from(damaged.subarray(from, from + length)),
      release: (bytes: Buffer) => void bytes.fill(0xee),
      mend: async (from: number, length: number, isRight: (bytes: Buffer) => boolean) => {
        mended++;
        const right = file.subarray(from, from + length);
        expect(isRight(right)).toBe(true);
        return right;
      },
    };
    const parts: Buffer[] = [];
    for await (const bytes of verifiedRuns(runsOf(each(frames), 2), () => source)) parts.push(Buffer.from(bytes));
    expect(Buffer.concat(parts).equals(file.subarray(59))).toBe(true);
    expect(mended).toBeGreaterThan(3);
  });

  it("keeps an order that is not the file's, in runs no longer than may be rebuilt", async () => {
    const frames = [5, 6, 7, 1, 2, 9].map((i) => ({ cid: new Uint8Array(), offset: i * 1_000_000, length: 1_000_000 }));
    const runs = [];
    for await (const run of runsOf(each(frames), 1)) runs.push([run.offset, run.length]);
    expect(runs).toEqual([
      [5_000_000, 3_000_000],
      [1_000_000, 2_000_000],
      [9_000_000, 1_000_000],
    ]);
    const narrow = [];
    for await (const run of runsOf(each(frames.slice(0, 3)), 20)) narrow.push(run.length);
    expect(narrow).toEqual([1_000_000, 1_000_000, 1_000_000]);
  });

  it("fails with what the source fails with, and leaves nothing unhandled", async () => {
    const frames = Array.from({ length: 5 }, (_, i) => ({ cid: new Uint8Array(), offset: i * 9e6, length: 5e6 }));
    const source = {
      read: async () => {
        throw new Error("gone");
      },
      release: () => undefined,
      mend: async () => Buffer.alloc(0),
    };
    const all = (async () => {
      for await (const _ of verifiedRuns(runsOf(each(frames), 1), () => source)) throw new Error("unreachable");
    })();
    await expect(all).rejects.toThrow("gone");
  });
});
