import { randomBytes } from "node:crypto";
import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../vectors/heartbeat.json" with { type: "json" };
import { keyedPrf } from "./keyed-prf.ts";

describe("keyedPrf", () => {
  it("gives the original's numbers", () => {
    for (const { key_hex, range, values, x_1000000 } of vectors.keyed_prf) {
      const key = Buffer.from(key_hex, "hex");
      expect(values.map((_, x) => keyedPrf(key, BigInt(range), x))).toEqual(values.map(BigInt));
      expect(keyedPrf(key, BigInt(range), 1_000_000)).toBe(BigInt(x_1000000));
    }
  });

  it("stays below its range, whatever the range and the key's length", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 1n << 1030n }),
        fc.nat(),
        fc.constantFrom(16, 24, 32),
        (range, x, length) => {
          const value = keyedPrf(randomBytes(length), range, x);
          expect(value >= 0n && value < range).toBe(true);
        },
      ),
    );
  });

  it("refuses an empty range", () => {
    expect(() => keyedPrf(Buffer.alloc(32), 0n, 0)).toThrow(CairnError);
  });
});
