import { type Countries, CountryRooms } from "./country-rooms.ts";
import { countryOf } from "./placement.ts";

/** How many providers there are in each country; "" stands for those that name none. */
export function roomsOf(candidates: Iterable<{ region: string }>): Map<string, number> {
  const rooms = new Map<string, number>();
  for (const { region } of candidates) {
    const country = countryOf(region) ?? "";
    rooms.set(country, (rooms.get(country) ?? 0) + 1);
  }
  return rooms;
}

/** Whether every shard can get a country of its list when each country has room for so many. Shards without a list go anywhere. Pure. */
export function canBePlaced(shards: readonly Countries[], rooms: ReadonlyMap<string, number>): boolean {
  return new CountryRooms(shards, rooms).whole;
}
