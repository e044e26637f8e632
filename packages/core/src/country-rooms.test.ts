import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CountryRooms } from "./country-rooms.ts";
import { placeByTrying } from "./testing/place-by-trying.ts";

const NAMES = ["CA", "NL", "US", ""];

describe("CountryRooms", () => {
  it("opens the countries that leave room for all later shards, as trying all ways says, however shards are taken", () => {
    const list = fc.option(fc.subarray(NAMES.slice(0, 3), { minLength: 1 }), { nil: undefined });
    const counts = fc.tuple(...NAMES.map(() => fc.nat(3)));
    fc.assert(
      fc.property(
        fc.array(list, { maxLength: 6 }),
        counts,
        fc.array(fc.nat(), { minLength: 12 }),
        (shards, n, dice) => {
          const left = new Map(NAMES.map((country, i) => [country, n[i]!]));
          const rooms = new CountryRooms(shards, left);
          expect(rooms.whole).toBe(placeByTrying(shards, left));
          const waiting = shards.map((_, shard) => shard);
          for (let turn = 0; waiting.length > 0; turn++) {
            const [shard] = waiting.splice(dice[turn]! % waiting.length, 1);
            const later = waiting.map((other) => shards[other]);
            const isOpen = rooms.openTo(shard!);
            const open = NAMES.filter((country) => {
              const possible =
                (shards[shard!] ?? NAMES).includes(country) &&
                left.get(country)! > 0 &&
                placeByTrying(later, new Map(left).set(country, left.get(country)! - 1));
              expect(isOpen(country)).toBe(possible);
              return possible;
            });
            if (open.length === 0) break;
            const taken = open[dice[turn + 6]! % open.length]!;
            rooms.take(shard!, taken);
            left.set(taken, left.get(taken)! - 1);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each<[string, (shard: number, countries: readonly string[]) => readonly string[]]>([
    ["one list for all", (_, countries) => countries],
    ["a country each", (shard, countries) => [countries[shard % 249]!]],
    ["a list each, of all countries but one", (shard, countries) => countries.filter((_, i) => i !== shard % 249)],
    ["lists that fill each other up", (shard, countries) => countries.slice(0, 1 + shard)],
  ])("places 255 shards among 249 countries in steps that nobody can multiply: %s", (_, listOf) => {
    const countries = Array.from({ length: 249 }, (_, i) => `country ${i}`);
    const shards = Array.from({ length: 255 }, (_, shard) => [...listOf(shard, countries)]);
    const left = new Map(countries.map((country) => [country, 2]));
    const rooms = new CountryRooms(shards, left);
    expect(rooms.whole).toBe(true);
    // The worst choice each time: whatever makes others move.
    for (const [shard, list] of shards.entries()) {
      const isOpen = rooms.openTo(shard);
      const taken = list.findLast((country) => isOpen(country) && left.get(country)! > 0)!;
      rooms.take(shard, taken);
      left.set(taken, left.get(taken)! - 1);
    }
    // Each shard looks at each list and each country in it at most four times: when it finds a place, is asked for, is taken and makes one move.
    const entries = shards.reduce((sum, list) => sum + list.length, 0);
    expect(rooms.steps).toBeLessThan(4 * shards.length * entries);
    expect([...left.values()].every((n) => n >= 0)).toBe(true);
  });
});
