import { describe, expect, it } from "vitest";
import { openPeriods } from "./follow-chain.ts";

describe("openPeriods", () => {
  const clock = { genesisTime: 1000, periodSeconds: 60, graceSeconds: 30 };

  it("are the present one, and the one before it until its grace is over", () => {
    expect(openPeriods(1060 + 29, clock)).toEqual([0, 1]);
    expect(openPeriods(1060 + 30, clock)).toEqual([1]);
  });

  it("are none before the first: a chain has no seed of such", () => {
    expect(openPeriods(1000, clock)).toEqual([0]);
    expect(openPeriods(999, clock)).toEqual([]);
  });
});
