import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALWAYS_ON } from "./periods.ts";
import {
  checkPlacement,
  countriesFor,
  countryOf,
  describeLeftOut,
  type PlacementTerms,
  placementFromJson,
  placementToJson,
  ruleAgainst,
} from "./placement.ts";
import { type Candidate, selectProviders } from "./selection.ts";

const address = (i: number): `0x${string}` => `0x${i.toString(16).padStart(40, "0")}`;
const somebody = { provider: address(1), price: 10n, score: 9000, region: "CA Vancouver" };

const candidate = (i: number, region: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ provider: address(i), groups: [`g${i}`], score: 9000, fulfilled: 1n, price: 1n, region },
  ...{ duty: ALWAYS_ON, freeBytes: 1000n, ...more },
});

describe("terms of placement", () => {
  it("reads a country from the first two letters of a region", () => {
    const read = ["CA", "CA Vancouver", "CAN", "ca Vancouver", "Vancouver CA", "ZZ nowhere", "QQ", "", "EU Brussels"];
    expect(read.map(countryOf)).toEqual(["CA", "CA", ...Array(7).fill(undefined)]);
  });

  it("names the rule that leaves a provider out, and takes one at the very limit", () => {
    const rule = (terms: PlacementTerms, shards = [0, 1]) => ruleAgainst(terms, shards, somebody);
    expect(rule({})).toBeUndefined();
    expect([rule({ maxPrice: 10n }), rule({ maxPrice: 9n })]).toEqual([undefined, "price"]);
    expect([rule({ minScore: 9000 }), rule({ minScore: 9001 })]).toEqual([undefined, "score"]);
    expect([rule({ countries: ["NL", "CA"] }), rule({ countries: ["NL"] })]).toEqual([undefined, "country"]);
    expect([rule({ allowed: [address(1)] }), rule({ allowed: [address(2)] })]).toEqual([undefined, "allowed"]);
    expect(rule({ blocked: [address(1)] })).toBe("blocked");
    // One shard that may lie anywhere is enough; none, when each has its country.
    expect(rule({ shardCountries: ["NL"] })).toBeUndefined();
    expect(rule({ shardCountries: ["NL", "US"] })).toBe("country");
    expect(rule({ shardCountries: ["NL", "CA"] }, [0])).toBe("country");
    expect(countriesFor({ shardCountries: ["NL"], countries: ["CA"] }, 0)).toEqual(["NL"]);
    expect(countriesFor({ shardCountries: ["NL"], countries: ["CA"] }, 1)).toEqual(["CA"]);
  });

  it("says how many each rule left out", () => {
    const terms = { maxPrice: 10n ** 16n, countries: ["CA", "NL"] };
    expect(describeLeftOut(terms, ["price", "country", "price"])).toEqual([
      "2 ask more than 0.3 CAIRN per GiB and month",
      "1 is not in CA or NL",
    ]);
  });

  it("refuses what cannot be, and names the field", () => {
    const bad: [PlacementTerms, string][] = [
      [{ maxPrice: -1n }, "maxPrice"],
      [{ countries: ["Canada"] }, "countries"],
      [{ countries: [] }, "countries"],
      [{ shardCountries: ["CA", "NL", "US"] }, "shardCountries"],
      [{ shardCountries: ["CA"] }, "shardCountries"],
      [{ shardCountries: ["CA", "NL"], countries: ["CA"] }, "shardCountries"],
      [{ countries: ["UK"] }, "countries"],
      [{ blocked: ["0x1"] }, "blocked"],
      [{ allowed: [address(1), address(1)] }, "allowed"],
      [{ allowed: [address(1), address(2)], blocked: [address(2)] }, "allowed"],
      [{ minScore: 10_001 }, "minScore"],
      [{ rank: "luck" as "price" }, "rank"],
    ];
    for (const [terms, field] of bad) {
      const error = (() => {
        try {
          checkPlacement(terms, 2);
          return undefined;
        } catch (thrown) {
          return thrown as CairnError;
        }
      })();
      expect([error?.code, error?.details.field]).toEqual(["bad-placement", field]);
    }
    checkPlacement(
      { maxPrice: 0n, countries: ["CA"], allowed: [address(1), address(2)], minScore: 0, rank: "price" },
      2,
    );
  });

  it("comes back from JSON as it went", () => {
    const terms: PlacementTerms = { maxPrice: 2n ** 90n, countries: ["CA"], blocked: [address(3)], rank: "price" };
    expect(placementFromJson(JSON.parse(JSON.stringify(placementToJson(terms))))).toEqual(terms);
    expect(placementFromJson({})).toEqual({});
  });
});

describe("selection by terms", () => {
  const piece = { k: 1, n: 2, rawLength: 10, count: 2, holders: [] };

  it("gives each copy the country that it is bound to, in their order", () => {
    const there = [candidate(1, "NL a"), candidate(2, "CA b"), candidate(3, "US c"), candidate(4, "here")];
    const { chosen } = selectProviders({ ...piece, candidates: there, places: [["CA"], ["NL"]] });
    expect(chosen.map(({ region }) => region)).toEqual(["CA b", "NL a"]);
  });

  it("never takes what another shard alone can use", () => {
    // The best provider is the only one in CA, and the first shard could have it.
    const there = [candidate(1, "CA a", { score: 10_000 }), candidate(2, "NL b"), candidate(3, "US c")];
    const places = [["CA", "NL"], ["CA", "US"], ["CA"]];
    const { chosen } = selectProviders({ ...piece, n: 3, count: 3, candidates: there, places });
    expect(chosen.map(({ region }) => region)).toEqual(["NL b", "US c", "CA a"]);
  });

  it("finds places whenever there are any, and says which country lacks otherwise", () => {
    const regions = fc.array(fc.constantFrom("CA x", "NL x", "US x", "here"), { minLength: 1, maxLength: 6 });
    const place = fc.option(fc.subarray(["CA", "NL", "US"], { minLength: 1 }), { nil: undefined });
    fc.assert(
      fc.property(regions, fc.array(place, { minLength: 1, maxLength: 4 }), (list, places) => {
        const there = list.map((region, i) => candidate(i, region));
        const fits = (rest: typeof places, left: readonly Candidate[]): boolean =>
          rest.length === 0 ||
          left.some((c) => {
            const in_ = rest[0] === undefined || rest[0].includes(countryOf(c.region) ?? "");
            return (
              in_ &&
              fits(
                rest.slice(1),
                left.filter((other) => other !== c),
              )
            );
          });
        const selection = { ...piece, n: places.length, count: places.length, candidates: there, places };
        if (fits(places, there)) {
          const { chosen } = selectProviders(selection);
          expect(new Set(chosen).size).toBe(places.length);
          for (const [i, allowed] of places.entries())
            if (allowed !== undefined) expect(allowed).toContain(countryOf(chosen[i]!.region));
        } else expect(() => selectProviders(selection)).toThrow(CairnError);
      }),
      { numRuns: 500 },
    );
  });

  it("ranks by price where that is asked for", () => {
    const there = [candidate(1, "", { score: 10_000, price: 5n }), candidate(2, "", { price: 1n }), candidate(3, "")];
    const best = (rank?: "price") =>
      selectProviders({ ...piece, count: 1, n: 1, candidates: there, ...(rank && { rank }) }).chosen[0]!.provider;
    expect([best(), best("price")]).toEqual([address(1), address(2)]);
  });
});
