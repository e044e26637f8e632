import { expect, it } from "vitest";
import { expectedBlock } from "./expected-block.ts";

const head = { number: 1000, timestamp: 50_000 };

it("goes on at the pace that the chain has had", () => {
  const start = { number: 900, timestamp: 49_000 };
  expect(expectedBlock(50_100, { head, start, blockSeconds: 2 })).toBe(1010);
  expect(expectedBlock(50_101, { head, start, blockSeconds: 2 })).toBe(1011);
  expect(expectedBlock(50_000, { head, start, blockSeconds: 2 })).toBe(1000);
  expect(expectedBlock(49_500, { head, start, blockSeconds: 2 })).toBe(950);
});

it("takes the chain's own block time where nothing can be measured", () => {
  expect(expectedBlock(50_100, { head, start: undefined, blockSeconds: 2 })).toBe(1050);
  expect(expectedBlock(50_100, { head, start: { number: 999, timestamp: 40_000 }, blockSeconds: 2 })).toBe(1050);
  expect(expectedBlock(0, { head, start: undefined, blockSeconds: 2 })).toBe(0);
});
