import { createHash } from "node:crypto";
import { type Hex, PERIOD_CHALLENGES } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import { deriveChallenges } from "./derive-challenges.ts";
import { CONTEXT } from "./testing/sample-shard.ts";

const LEAVES = 2 ** 24;
const PERIODS = 24;
const TRIALS = 10_000;

const seedOf = (trial: number, period: number): Hex =>
  `0x${createHash("sha256").update(`seed ${trial} ${period}`).digest("hex")}`;

/** Share of trials in which a provider that lost the leaves named by `lost` is asked for one of them within 24 periods. */
function detectionRate(lost: (leaf: number, trial: number) => boolean): number {
  let caught = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    for (let period = 0; period < PERIODS; period++) {
      const context = { ...CONTEXT, period, seed: seedOf(trial, period) };
      if (deriveChallenges(context, LEAVES, PERIOD_CHALLENGES).some((leaf) => lost(leaf, trial))) {
        caught++;
        break;
      }
    }
  }
  return caught / TRIALS;
}

describe("the routine audit", () => {
  it("catches the loss of 1 % of the leaves within 24 periods at 99 % or better, wherever they lay", () => {
    const onePercent = Math.ceil(LEAVES / 100);
    const contiguous = detectionRate((leaf, trial) => (leaf + trial * 1_000_003) % LEAVES < onePercent);
    const scattered = detectionRate((leaf, trial) => (leaf + trial) % 100 === 0);
    expect(contiguous).toBeGreaterThanOrEqual(0.99);
    expect(scattered).toBeGreaterThanOrEqual(0.99);
    // 1 − 0.99^480 = 0.992: a rate far above it would mean that leaves are not drawn evenly.
    expect(Math.max(contiguous, scattered)).toBeLessThan(0.9955);
  });

  it("draws leaves evenly (chi-square over 64 classes, 63 degrees of freedom, p > 0.001)", () => {
    const classes = new Array<number>(64).fill(0);
    const draws = 2000;
    for (let period = 0; period < draws; period++) {
      for (const leaf of deriveChallenges({ ...CONTEXT, period }, LEAVES, PERIOD_CHALLENGES)) {
        classes[Math.floor((leaf * 64) / LEAVES)]!++;
      }
    }
    const expected = (draws * PERIOD_CHALLENGES) / 64;
    const chiSquare = classes.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(103.4);
  });
});
