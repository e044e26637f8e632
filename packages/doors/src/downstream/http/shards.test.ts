import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeOf } from "./shards.ts";

describe("rangeOf", () => {
  it("reads the forms of a single range", () => {
    expect(rangeOf("bytes=0-", 100)).toEqual({ start: 0, end: 100 });
    expect(rangeOf("bytes=10-19", 100)).toEqual({ start: 10, end: 20 });
    expect(rangeOf("bytes=90-1000", 100)).toEqual({ start: 90, end: 100 });
    expect(rangeOf("bytes=-10", 100)).toEqual({ start: 90, end: 100 });
    expect(rangeOf("bytes=-1000", 100)).toEqual({ start: 0, end: 100 });
  });

  it("gives the whole where there is no header or none that is understood, and nothing beyond the end", () => {
    for (const header of [undefined, "", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b"]) {
      expect(rangeOf(header, 100)).toBeUndefined();
    }
    for (const header of ["bytes=100-", "bytes=100-200", "bytes=-0"]) expect(rangeOf(header, 100)).toBeNull();
  });

  it("never leaves the shard", () => {
    const number = fc.oneof(fc.constant(""), fc.nat().map(String), fc.bigInt({ min: 0n }).map(String));
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 1000 }), (first, last, size) => {
        const range = rangeOf(`bytes=${first}-${last}`, size);
        if (!range) return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThan(range.start);
        expect(range.end).toBeLessThanOrEqual(size);
      }),
    );
  });
});
