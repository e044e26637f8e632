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

/**
 * Whether every shard can get a country of its list when each country has room for so many: Kuhn's augmenting paths over countries, of which
 * there are few, instead of providers. Shards without a list go anywhere. The country "" stands for providers that name none. Pure.
 */
export function canBePlaced(
  shards: readonly (readonly string[] | undefined)[],
  rooms: ReadonlyMap<string, number>,
): boolean {
  const anywhere = [...rooms.keys()];
  const held = new Map<string, (readonly string[])[]>(anywhere.map((country) => [country, []]));
  const place = (countries: readonly string[], tried: Set<string>): boolean => {
    for (const country of countries) {
      const there = held.get(country);
      if (there === undefined || tried.has(country)) continue;
      tried.add(country);
      if (there.length < rooms.get(country)!) {
        there.push(countries);
        return true;
      }
      for (const [index, other] of there.entries()) {
        if (!place(other, tried)) continue;
        there[index] = countries;
        return true;
      }
    }
    return false;
  };
  return shards.every((countries) => place(countries ?? anywhere, new Set()));
}
