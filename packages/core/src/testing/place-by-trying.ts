import type { Countries } from "../country-rooms.ts";

/** Whether each shard finds a country with room, by every way there is: slow and exact. */
export function placeByTrying(shards: readonly Countries[], rooms: ReadonlyMap<string, number>): boolean {
  const [first, ...rest] = shards;
  if (shards.length === 0) return true;
  return (first ?? [...rooms.keys()]).some((country) => {
    const left = rooms.get(country) ?? 0;
    return left > 0 && placeByTrying(rest, new Map(rooms).set(country, left - 1));
  });
}
