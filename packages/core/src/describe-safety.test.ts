import { expect, it } from "vitest";
import { describeSafety, describeSafetyInputs, SAFETY_DEFAULTS } from "./describe-safety.ts";

const week = (at: Record<number, number>, failure = 1e-7) =>
  Array.from({ length: 168 }, (_, hour) => at[hour] ?? failure);

it("says how likely a package is readable at any hour, and when least", () => {
  expect(describeSafety(week({}, 2e-6))).toBe("Readable at any hour with 99.9998 %.");
  expect(describeSafety(week({ 147: 2e-6 }))).toBe(
    "Readable at any hour with 99.9998 % or more; weakest Sun 03:00–04:00 UTC.",
  );
  expect(describeSafety(week({ 0: 1, 1: 1, 5: 0.01 }))).toBe(
    "Not readable Mon 00:00–02:00 UTC, as too few of its providers are awake then; with 99 % or more at any other hour.",
  );
  expect(describeSafety(week({}, 1))).toContain("Not readable in any hour");
});

it("states what the figures stand on", () => {
  expect(describeSafetyInputs(SAFETY_DEFAULTS, true).join(" ")).toBe(
    "A provider fails to answer as often as its own record here says; one that is new here in 10 % of its hours. 5 % of providers are lost within a year, and what they held lies elsewhere within 24 hours. Providers fail independently, but all of one operator at once in 1 % of years. The figures are exact under these assumptions.",
  );
  expect(describeSafetyInputs({ ...SAFETY_DEFAULTS, hourly: 0.003, together: "none" }, false)).toMatchObject([
    ...["Each provider fails to answer in 0.3 % of its hours.", expect.any(String)],
    ...["Providers fail independently of each other.", expect.stringContaining("lower bounds")],
  ]);
});
