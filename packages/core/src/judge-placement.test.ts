import { expect, it } from "vitest";
import { judgeCandidates, shardsOf, shortOf } from "./judge-placement.ts";

const candidate = (digit: string, region: string, price = 5n) => ({
  provider: `0x${digit.repeat(40)}` as const,
  ...{ region, price, score: 9000 },
});
const ALL = [candidate("1", "CA one"), candidate("2", "CA two", 6n), candidate("3", "NL three"), candidate("4", "")];

it("names the rule that leaves each one out", () => {
  const terms = { countries: ["CA", "NL"], maxPrice: 5n, blocked: [ALL[2]!.provider] };
  const { qualified, leftOut } = judgeCandidates(terms, shardsOf(2), ALL);
  expect(qualified).toEqual([ALL[0]]);
  expect(leftOut.map(({ candidate: { provider }, rule }) => [provider[2], rule])).toEqual([
    ["2", "price"],
    ["3", "blocked"],
    ["4", "country"],
  ]);
});

it("says what the qualified ones lack for every shard to find a place", () => {
  expect(shortOf({}, 5, ALL)).toBe("few");
  expect(shortOf({}, 4, ALL)).toBeUndefined();
  expect(shortOf({ shardCountries: ["CA", "NL"] }, 2, ALL)).toBeUndefined();
  expect(shortOf({ shardCountries: ["NL", "NL"] }, 2, ALL)).toBe("countries");
});
