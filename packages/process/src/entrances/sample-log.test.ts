import { expect, it } from "vitest";
import { sampleLog } from "./sample-log.ts";

it("lets a line through once a minute, and says how many it left out", () => {
  let now = 0;
  const lines: [string, number][] = [];
  const sample = sampleLog(60, () => now);
  const log = (key: string) => sample(key, (omitted) => lines.push([key, omitted]));
  for (let i = 0; i < 1000; i++) log("a");
  log("b");
  now += 60_000;
  log("a");
  expect(lines).toEqual([
    ["a", 0],
    ["b", 0],
    ["a", 999],
  ]);
});

it("lets a bounded number of lines through, whatever the keys", () => {
  let lines = 0;
  const sample = sampleLog(60, () => 0);
  for (let i = 0; i < 5_000; i++) sample(`key ${i}`, () => lines++);
  expect(lines).toBe(201);
});
