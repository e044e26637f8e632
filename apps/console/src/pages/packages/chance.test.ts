import { describe, expect, it } from "vitest";
import { chance, hoursOfDuty, levelOf, runsOfHours, runsOnDuty } from "./chance.ts";

describe("what a probability is in words", () => {
  it("is rounded so that it is never better than it is", () => {
    expect([1, 0.5, 0.3, 1 / 1234, 1e-6, 1e-10, 0].map(chance)).toEqual([
      "at any time",
      "1 in 2",
      "1 in 3",
      "1 in 1,200",
      "1 in 1,000,000",
      "less than 1 in a billion",
      "never, by these figures",
    ]);
  });
  it("has a level", () => {
    expect([0, 1e-5, 1e-3, 0.5, 1].map(levelOf)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("the hours of a week", () => {
  it("come as runs within a day, which cover every hour once", () => {
    const hours = Array.from({ length: 168 }, (_, hour) => (hour % 24 < 6 ? 0.5 : 0));
    const runs = runsOfHours(hours);
    expect(runs).toHaveLength(14);
    expect(runs[0]).toEqual({ day: 0, from: 0, to: 6, share: 0.5 });
    expect(runs.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(168);
  });
  it("are read from the bits of a duty, the last hour too", () => {
    const duty = `0x${((1n << 167n) | 0b110n).toString(16).padStart(42, "0")}`;
    expect(hoursOfDuty(duty).flatMap((on, hour) => (on ? [hour] : []))).toEqual([1, 2, 167]);
    expect(runsOnDuty(duty)).toEqual([
      [1, 3],
      [167, 168],
    ]);
  });
});
