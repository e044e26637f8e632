import { describe, expect, it } from "vitest";
import { outcomeOf } from "./run-vitest.ts";

const passed = { test: "passed" } as const;
const failed = { test: "failed" } as const;

describe("outcomeOf", () => {
  it("counts tests", () => {
    expect(outcomeOf([passed, passed, { test: "skipped" }], 0)).toEqual({
      passed: 2,
      failed: 0,
      skipped: 1,
      unfinished: [],
    });
    expect(outcomeOf([passed, failed, failed], 1)).toMatchObject({ passed: 1, failed: 2 });
  });

  it("counts files that could not be loaded, faults outside tests, and a run without results", () => {
    const broken = { file: "a", state: "broken" } as const;
    expect(outcomeOf([{ file: "a", state: "begun" }, broken, failed], 1).failed).toBe(2);
    expect(outcomeOf([passed], 1).failed).toBe(1);
    expect(outcomeOf([], 1)).toMatchObject({ passed: 0, failed: 1 });
  });

  it("counts and names what had not ended when the run was cut short", () => {
    const lines = [
      { file: "slow", state: "begun" },
      { file: "quick", state: "begun" },
      passed,
      { file: "quick", state: "ended" },
    ] as const;
    expect(outcomeOf(lines, 124)).toMatchObject({ passed: 1, failed: 1, unfinished: ["slow"] });
  });
});
