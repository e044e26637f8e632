import { expect, it } from "vitest";
import { scalePoints } from "./scale-points.ts";

const BOX = { width: 100, height: 20, pad: 2 };

it("a line goes in steps, from the lowest value at the bottom to the highest at the top", () => {
  const points = [
    { at: 1000, value: 5 },
    { at: 1050, value: 15 },
    { at: 1100, value: 10 },
  ];
  expect(scalePoints(points, BOX)).toBe("M2 18H50V2H98V10");
});

it("what never changed lies in the middle, one point alone is a line through the box, and none is no line", () => {
  expect(
    scalePoints(
      [
        { at: 0, value: 3 },
        { at: 9, value: 3 },
      ],
      BOX,
    ),
  ).toBe("M2 10H98V10");
  expect(scalePoints([{ at: 7, value: 3 }], BOX)).toBe("M2 10H98");
  expect(scalePoints([], BOX)).toBe("");
});
