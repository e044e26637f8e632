import fc from "fast-check";
import { expect, it } from "vitest";
import { periodOf } from "./period-of.ts";

const at = (text: string) => Date.parse(text) / 1000;

it("begins days at midnight, weeks on Mondays and months on their first, in UTC", () => {
  const changes = (frequency: Parameters<typeof periodOf>[0], before: string, after: string) =>
    periodOf(frequency, at(before)) !== periodOf(frequency, at(after));
  expect(changes("daily", "2026-11-29T00:00:00Z", "2026-11-29T23:59:59Z")).toBe(false);
  expect(changes("daily", "2026-11-29T23:59:59Z", "2026-11-30T00:00:00Z")).toBe(true);
  expect(changes("weekly", "2026-11-23T00:00:00Z", "2026-11-29T23:59:59Z")).toBe(false);
  expect(changes("weekly", "2026-11-29T23:59:59Z", "2026-11-30T00:00:00Z")).toBe(true);
  expect(changes("monthly", "2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z")).toBe(false);
  expect(changes("monthly", "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z")).toBe(true);
  expect(changes("once", "2026-11-29T00:00:00Z", "2099-01-01T00:00:00Z")).toBe(false);
});

it("gives each moment one period, and periods that lie one after another", () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, seconds, fc.constantFrom("daily", "weekly", "monthly"), (a, b, frequency) => {
      const [from, to] = a < b ? [a, b] : [b, a];
      const middle = Math.floor((from + to) / 2);
      // What is the same at both ends is the same in between.
      if (periodOf(frequency, from) === periodOf(frequency, to))
        expect(periodOf(frequency, middle)).toBe(periodOf(frequency, from));
      const longest = { daily: 1, weekly: 7, monthly: 31 }[frequency] * 86_400;
      if (to - from >= longest) expect(periodOf(frequency, from)).not.toBe(periodOf(frequency, to));
    }),
  );
});
