import { describe, expect, it } from "vitest";
import { parseRate } from "./pace.ts";

describe("pace", () => {
  it("reads rates, and refuses what is none", () => {
    for (const [text, rate] of [
      ["1000", 1000],
      ["500kB", 500_000],
      ["2MiB", 2_097_152],
      ["1.5m", 1_500_000],
    ] as const)
      expect(parseRate(text)).toBe(rate);
    for (const text of ["", "0", "fast", "-1", "5 TB", "1e9"]) {
      expect(() => parseRate(text)).toThrowError(expect.objectContaining({ code: "bad-rate" }));
    }
  });
});
