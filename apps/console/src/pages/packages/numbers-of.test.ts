import { expect, it } from "vitest";
import { numbersOf } from "./numbers-of.ts";

it("reads piece numbers as people type them, and refuses what is none", () => {
  expect(numbersOf("2, 0 2", 2)).toEqual([0, 2]);
  for (const bad of ["", "3", "-1", "1.5", "a", "0x1"]) expect(numbersOf(bad, 2), bad).toBeUndefined();
});
