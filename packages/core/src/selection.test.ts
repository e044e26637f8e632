import { CairnError } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roomsOf } from "./can-be-placed.ts";
import { awakeByHour, uncoveredHours } from "./coverage.ts";
import { ALWAYS_ON } from "./periods.ts";
import { countryOf } from "./placement.ts";
import { type Candidate, selectProviders } from "./selection.ts";
import { placeByTrying } from "./testing/place-by-trying.ts";

const address = (i: number): `0x${string}` => `0x${i.toString(16).padStart(40, "0")}`;

const candidates = fc
  .array(
    fc.record({
      group: fc.nat(4),
      score: fc.constantFrom(9000, 9500, 10_000),
      fulfilled: fc.bigInt({ min: 0n, max: 5n }),
      price: fc.bigInt({ min: 1n, max: 3n }),
      region: fc.constantFrom("eu", "us"),
      duty: fc.oneof(fc.constant(ALWAYS_ON), fc.bigInt({ min: 0n, max: ALWAYS_ON })),
      freeBytes: fc.bigInt({ min: 0n, max: 2000n }),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map(({ group, ...rest }, i): Candidate => ({ ...rest, provider: address(i), groups: [`g${group}`] })),
  );

const request = fc.record({
  candidates,
  k: fc.integer({ min: 1, max: 4 }),
  extra: fc.integer({ min: 0, max: 4 }),
  held: fc.nat(3),
  grouped: fc.boolean(),
});

describe("selectProviders", () => {
  it("says how many a piece needs and how many there are", () => {
    const there = Array.from(
      { length: 6 },
      (_, i): Candidate => ({
        ...{ provider: address(i), groups: [`g${i}`], region: "eu", duty: ALWAYS_ON, freeBytes: 2000n },
        ...{ score: 9000, fulfilled: 1n, price: 1n },
      }),
    );
    const selection = { k: 2, n: 7, rawLength: 1000 };
    expect(() => selectProviders({ ...selection, count: 7, candidates: there, holders: [] })).toThrow(
      "7 shards of a piece need 7 providers: only 6 can take one now",
    );
    const [one, ...others] = there as [Candidate, ...Candidate[]];
    expect(() => selectProviders({ ...selection, count: 6, candidates: others, holders: [one] })).toThrow(
      "7 shards of a piece need 6 providers besides the 1 that hold one: only 5 can take one now",
    );
  });

  it("lets a newcomer that names itself the operator of others shut none of them out, if asked to", () => {
    const of = (i: number, more: Partial<Candidate>): Candidate => ({
      ...{ provider: address(i), groups: [`g${i}`], region: "eu", duty: ALWAYS_ON, freeBytes: 2000n },
      ...{ score: 9000, fulfilled: 100n, price: 1n, ...more },
    });
    const sybil = of(9, { groups: ["g1", "g2"], score: 10_000, newcomer: true });
    const selection = { k: 2, n: 3, rawLength: 1000, count: 3, holders: [], groupLimit: 1 };
    const candidates = [of(1, {}), of(2, {}), of(3, {}), sybil];
    expect(() => selectProviders({ ...selection, candidates })).toThrow("only 2 shards fit that rule");
    expect(selectProviders({ ...selection, candidates, newcomersClaim: false }).chosen).toHaveLength(3);
    const one = { ...selection, newcomersClaim: false };
    // Known ones are held to the limit, and so is a newcomer in their group.
    expect(() => selectProviders({ ...one, candidates: [of(1, {}), of(2, { groups: ["g1"] }), of(3, {})] })).toThrow();
    expect(() => selectProviders({ ...one, holders: [of(1, {})], count: 1, candidates: [sybil] })).toThrow();
  });

  it("gives each shard its own provider with room, within the group limit, in any order of candidates", () => {
    fc.assert(
      fc.property(request, fc.nat(), ({ candidates, k, extra, held, grouped }, turn) => {
        const n = k + extra;
        const holders = candidates.slice(0, Math.min(held, n));
        const selection = {
          count: n - holders.length,
          k,
          n,
          rawLength: 1000,
          candidates,
          holders,
          ...(grouped ? { groupLimit: n - k } : {}),
        };
        const attempt = (order: Candidate[]) => {
          try {
            return selectProviders({ ...selection, candidates: order });
          } catch (error) {
            expect((error as CairnError).code).toBe("too-few-providers");
            return undefined;
          }
        };
        const selected = attempt(candidates);
        const cut = candidates.length === 0 ? 0 : turn % candidates.length;
        expect(attempt([...candidates.slice(cut), ...candidates.slice(0, cut)].toReversed())).toEqual(selected);
        if (selected === undefined) return;
        const all = [...holders, ...selected.chosen];
        expect(selected.chosen).toHaveLength(selection.count);
        expect(new Set(all.map((c) => c.provider)).size).toBe(all.length);
        for (const c of selected.chosen) expect(c.freeBytes >= 1000n).toBe(true);
        if (grouped) {
          for (const chosen of selected.chosen) {
            const same = all.filter((c) => c.groups[0] === chosen.groups[0]).length;
            expect(same).toBeLessThanOrEqual(Math.max(1, n - k));
          }
        }
        const duties = all.map((c) => c.duty);
        expect(selected.uncovered).toEqual(uncoveredHours(duties, Math.min(k + 1, n)));
      }),
    );
  });

  it("gives each shard a provider in its countries whenever there is a way", () => {
    const names = ["CA", "NL", "US"];
    const there = fc.array(fc.constantFrom("CA Vancouver", "NL", "US", ""), { maxLength: 8 });
    const lists = fc.array(fc.option(fc.subarray(names, { minLength: 1 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(there, lists, (regions, places) => {
        const list = regions.map(
          (region, i): Candidate => ({
            ...{ provider: address(i), groups: [], score: 9000 + i, fulfilled: 1n, price: 1n },
            ...{ region, duty: ALWAYS_ON, freeBytes: 2000n },
          }),
        );
        const n = places.length;
        const select = () =>
          selectProviders({ k: 1, n, count: n, rawLength: 1000, candidates: list, holders: [], places });
        if (!placeByTrying(places, roomsOf(list))) {
          expect(select).toThrow(/need \d+ provider/);
          return;
        }
        const { chosen } = select();
        expect(new Set(chosen).size).toBe(n);
        for (const [shard, { region }] of chosen.entries())
          if (places[shard] !== undefined) expect(places[shard]).toContain(countryOf(region));
      }),
      { numRuns: 500 },
    );
  });

  it("prefers who is awake when others sleep, then score, then price", () => {
    const base = { groups: [], fulfilled: 0n, region: "eu", freeBytes: 5000n };
    const day = ALWAYS_ON & ((1n << 84n) - 1n);
    const night = ALWAYS_ON ^ day;
    const list: Candidate[] = [
      { ...base, provider: address(1), score: 9900, price: 5n, duty: day },
      { ...base, provider: address(2), score: 9800, price: 1n, duty: day },
      { ...base, provider: address(3), score: 9000, price: 9n, duty: night },
      { ...base, provider: address(4), score: 9000, price: 8n, duty: night },
    ];
    const { chosen, spares, uncovered } = selectProviders({
      count: 2,
      k: 1,
      n: 2,
      rawLength: 1,
      candidates: list,
      holders: [],
    });
    expect(chosen.map((c) => c.provider)).toEqual([address(1), address(2)]);
    expect(spares.map((c) => c.provider)).toEqual([address(4), address(3)]);
    expect(uncovered).toHaveLength(84);
    const four = selectProviders({ count: 4, k: 1, n: 4, rawLength: 1, candidates: list, holders: [] });
    expect(awakeByHour(four.chosen.map((c) => c.duty)).every((awake) => awake === 2)).toBe(true);
    expect(four.uncovered).toEqual([]);
  });

  it("says how many there are when there are too few", () => {
    const few = { count: 4, k: 2, n: 4, rawLength: 1, candidates: [], holders: [] };
    expect(() => selectProviders(few)).toThrow(CairnError);
    expect(() => selectProviders(few)).toThrow("only 0 can take one now");
  });
});
