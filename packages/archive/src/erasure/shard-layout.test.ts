import { MAX_PIECE_BYTES, MAX_SHARD_BYTES } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataOffset, shardLength } from "./shard-layout.ts";

describe("shardLength", () => {
  it("is the smallest multiple of 127 that lets k shards hold the piece", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_PIECE_BYTES }), fc.integer({ min: 1, max: 255 }), (pieceLength, k) => {
        const length = shardLength(pieceLength, k);
        expect(length % 127).toBe(0);
        expect(length * k).toBeGreaterThanOrEqual(pieceLength);
        expect((length - 127) * k).toBeLessThan(pieceLength);
        expect(length).toBe(Math.ceil(Math.ceil(pieceLength / k) / 127) * 127);
        expect(dataOffset(pieceLength, k, k - 1) + length).toBe(k * length);
      }),
    );
  });

  it("fills one sector exactly with half of the largest piece", () => {
    expect(shardLength(MAX_PIECE_BYTES, 2)).toBe(MAX_SHARD_BYTES);
    expect(shardLength(1, 1)).toBe(127);
    expect(shardLength(0, 3)).toBe(0);
  });
});
