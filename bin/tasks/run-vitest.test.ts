import { describe, expect, it } from "vitest";
import { filesToRepeat, optionsOf, outcomeOf } from "./run-vitest.ts";

const passed = { test: "passed", file: "a" } as const;
const failed = { test: "failed", file: "a" } as const;

describe("outcomeOf", () => {
  it("counts tests", () => {
    expect(outcomeOf([passed, passed, { test: "skipped", file: "a" }], 0)).toEqual({
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

describe("filesToRepeat", () => {
  it("names each file with a failure once, also one that could not be loaded", () => {
    const lines = [passed, failed, failed, { ...passed, file: "b" }, { file: "c", state: "broken" }] as const;
    expect(filesToRepeat(lines)).toEqual(["a", "c"]);
  });
});

describe("optionsOf", () => {
  it("leaves out the filters of files, and keeps each option with its value", () => {
    const soak = ["--config", "soak/vitest.config.ts"];
    expect(optionsOf([...soak, "soak/flood.soak.ts"])).toEqual(soak);
    expect(optionsOf(["packages/a", "--project", "units", "-t", "a name", "b.test.ts"])).toEqual([
      "--project",
      "units",
      "-t",
      "a name",
    ]);
    expect(optionsOf(["--project=units", "a"])).toEqual(["--project=units"]);
    expect(optionsOf([])).toEqual([]);
  });
});
