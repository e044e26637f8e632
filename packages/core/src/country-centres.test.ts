import { expect, it } from "vitest";
import { centreOf } from "./country-centres.ts";
import { isCountry } from "./placement.ts";

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const CODES = LETTERS.flatMap((first) => LETTERS.map((second) => first + second)).filter(isCountry);

it("has a centre on the globe for each country, and for nothing else", () => {
  expect(CODES).toHaveLength(249);
  for (const code of CODES) {
    const { latitude, longitude } = centreOf(code)!;
    expect([code, Math.abs(latitude) <= 90, Math.abs(longitude) <= 180]).toEqual([code, true, true]);
  }
  expect(["XX", "", "nl"].map(centreOf)).toEqual([undefined, undefined, undefined]);
});

/** Cities in the middle of some countries, within four degrees. */
it.each([
  ["NL", 52.1, 5.1],
  ["DE", 50.9, 10],
  ["NZ", -44, 170.5],
  ["KE", 0.1, 37.9],
  ["PY", -23.3, -58.4],
  ["SG", 1.3, 103.8],
  ["GF", 4, -53],
  ["FR", 46.6, 2.4],
  ["FJ", -17.8, 178],
  ["VA", 41.9, 12.5],
  ["RU", 60, 100],
])("draws %s where it is", (code, latitude, longitude) => {
  expect(Math.abs(centreOf(code)!.latitude - latitude)).toBeLessThan(4);
  expect(Math.abs(centreOf(code)!.longitude - longitude)).toBeLessThan(4);
});
