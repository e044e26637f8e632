import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { earliestArrival, watchStalls } from "./watch-stalls.ts";

describe("earliestArrival", () => {
  it("is now while the process runs, and the beginning of the stall when it did not", () => {
    expect(earliestArrival(1000, 960, [])).toBe(1000);
    expect(earliestArrival(1000, 300, [])).toBe(300);
    // The tick after the stall came first, what had queued up is seen next.
    expect(earliestArrival(1010, 1000, [{ from: 200, to: 1000 }])).toBe(200);
    // Each that had queued up takes its time, so the last is seen long after.
    expect(earliestArrival(2600, 1000, [{ from: 200, to: 1000 }])).toBe(200);
    // One stall after another, with a breath in between.
    expect(
      earliestArrival(2600, 1800, [
        { from: 200, to: 1000 },
        { from: 1100, to: 1800 },
      ]),
    ).toBe(200);
    // That stall is over.
    expect(earliestArrival(1400, 1390, [{ from: 200, to: 1000 }])).toBe(1400);
  });

  it("is never later than what waited in the kernel had arrived", () => {
    const step = fc.record({ runs: fc.integer({ min: 0, max: 1500 }), blocked: fc.integer({ min: 151, max: 3000 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, at) => {
          const stalls: { from: number; to: number }[] = [];
          let now = 0;
          for (const { runs, blocked } of steps) {
            stalls.push({ from: now + runs, to: now + runs + blocked });
            now += runs + blocked;
          }
          const last = stalls.at(-1)!;
          const arrived = last.from + at * (last.to - last.from);
          expect(earliestArrival(last.to, last.to, stalls)).toBeLessThanOrEqual(arrived);
          expect(earliestArrival(last.to, last.from, stalls.slice(0, -1))).toBeLessThanOrEqual(arrived);
        },
      ),
    );
  });
});

describe("watchStalls", () => {
  it("sees that the loop was blocked", async () => {
    const watch = watchStalls();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const before = performance.now();
    const seen = new Promise<number>((resolve) => setTimeout(() => resolve(watch.earliest()), 100));
    while (performance.now() - before < 500);
    expect(await seen).toBeLessThanOrEqual(before);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(watch.total()).toBeGreaterThanOrEqual(400);
    watch.stop();
  });
});
