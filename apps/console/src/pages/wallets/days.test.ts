import { expect, it } from "vitest";
import { rangeOfDays, secondsOfDay } from "./days.ts";
import { moved } from "./moved.ts";

it("a day begins at midnight of the person's zone, also across a change of the clock, and the last one chosen is in the range", () => {
  const at = (...day: [number, number, number]) => new Date(...day).getTime() / 1000;
  expect(secondsOfDay("2026-11-29")).toBe(at(2026, 10, 29));
  expect(rangeOfDays({ from: "2026-03-28", until: "2026-03-29" })).toEqual({
    from: at(2026, 2, 28),
    before: at(2026, 2, 30),
  });
  expect(rangeOfDays({ until: "2026-12-31" })).toEqual({ before: at(2027, 0, 1) });
  expect(["", "2026-02-30", "29.11.2026", "2026-11-31", undefined].map((text) => secondsOfDay(text))).toEqual([
    ...Array(5).fill(undefined),
  ]);
});

it("an entry is moved, and nothing else", () => {
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
});
