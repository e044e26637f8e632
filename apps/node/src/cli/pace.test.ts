import { describe, expect, it } from "vitest";
import { paceOf, parseRate } from "./pace.ts";

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

  it("takes at least as long as the rate says, and ends with its signal", async () => {
    const began = performance.now();
    const pace = paceOf(1_000_000, new AbortController().signal);
    for (let part = 0; part < 10; part++) await pace(10_000);
    expect(performance.now() - began).toBeGreaterThan(95);
    const stopped = new AbortController();
    const waiting = paceOf(1, stopped.signal)(1000);
    stopped.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });
});
