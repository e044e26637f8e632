import { expect, it } from "vitest";
import { inBatches } from "./in-batches.ts";

it("gives every item once, in order, in as few batches as there can be", () => {
  expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(inBatches([1, 2], 2)).toEqual([[1, 2]]);
  expect(inBatches([], 2)).toEqual([]);
});
