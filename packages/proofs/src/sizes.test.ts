import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { heightOf, MAX_RAW_LENGTH, maxPayload, paddedSizeOf, payloadLeaves } from "./sizes.ts";

describe("sizes", () => {
  it("know the payload of the usual pieces", () => {
    expect(maxPayload(2 ** 30)).toBe(1_065_353_216);
    expect(maxPayload(2 ** 29)).toBe(532_676_608);
    expect(maxPayload(2 ** 35)).toBe(34_091_302_912);
  });

  it("give the smallest tree that holds a payload, around every limit", () => {
    for (let height = 2; height <= 32; height++) {
      const most = maxPayload(32 * 2 ** height);
      expect([heightOf(most - 1), heightOf(most)]).toEqual([height, height]);
      if (height < 32) expect(heightOf(most + 1)).toBe(height + 1);
    }
    expect(paddedSizeOf(0)).toBe(128);
  });

  it("count payload leaves exactly", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: MAX_RAW_LENGTH })), (rawLength) => {
        const exact = (BigInt(rawLength) * 4n + 126n) / 127n;
        expect(BigInt(payloadLeaves(rawLength))).toBe(exact);
      }),
    );
  });
});
