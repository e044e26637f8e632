import fc from "fast-check";
import { expect, it } from "vitest";
import { canBePlaced } from "./can-be-placed.ts";

const countries = ["CA", "NL", "US", ""];

/** Every way there is. */
function byTrying(shards: readonly (readonly string[] | undefined)[], rooms: ReadonlyMap<string, number>): boolean {
  const [first, ...rest] = shards;
  if (shards.length === 0) return true;
  return (first ?? [...rooms.keys()]).some((country) => {
    const left = rooms.get(country) ?? 0;
    return left > 0 && byTrying(rest, new Map(rooms).set(country, left - 1));
  });
}

it("says whether every shard finds a country with room, as trying all ways does", () => {
  const shard = fc.option(fc.subarray(countries.slice(0, 3), { minLength: 1 }), { nil: undefined });
  const rooms = fc.tuple(...countries.map(() => fc.nat(2))).map((n) => new Map(countries.map((c, i) => [c, n[i]!])));
  fc.assert(
    fc.property(fc.array(shard, { maxLength: 5 }), rooms, (shards, there) => {
      expect(canBePlaced(shards, there)).toBe(byTrying(shards, there));
    }),
    { numRuns: 1000 },
  );
});
