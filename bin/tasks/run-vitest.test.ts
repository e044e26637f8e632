import { describe, expect, it } from "vitest";
import { tallyOf } from "./run-vitest.ts";

const base = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

describe("tallyOf", () => {
  it("counts tests", () => {
    expect(tallyOf(base, 0)).toEqual({ passed: 3, failed: 0, skipped: 0 });
    expect(tallyOf({ ...base, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 }, 1)).toEqual({
      passed: 3,
      failed: 2,
      skipped: 2,
    });
  });

  it("counts files that could not be loaded, faults outside tests, and a run without a report", () => {
    const unloaded = { status: "failed", assertionResults: [] };
    const failing = { status: "failed", assertionResults: [{ status: "failed" }] };
    expect(tallyOf({ ...base, numFailedTests: 1, testResults: [unloaded, failing] }, 1).failed).toBe(2);
    expect(tallyOf(base, 1).failed).toBe(1);
    expect(tallyOf(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
