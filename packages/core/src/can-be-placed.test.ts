import fc from "fast-check";
import { expect, it } from "vitest";
import { canBePlaced } from "./can-be-placed.ts";
import { placeByTrying } from "./testing/place-by-trying.ts";

const countries = ["CA", "NL", "US", ""];

it("says whether every shard finds a country with room, as trying all ways does", () => {
  const shard = fc.option(fc.subarray(countries.slice(0, 3), { minLength: 1 }), { nil: undefined });
  const rooms = fc.tuple(...countries.map(() => fc.nat(2))).map((n) => new Map(countries.map((c, i) => [c, n[i]!])));
  fc.assert(
    fc.property(fc.array(shard, { maxLength: 5 }), rooms, (shards, there) => {
      expect(canBePlaced(shards, there)).toBe(placeByTrying(shards, there));
    }),
    { numRuns: 1000 },
  );
});
