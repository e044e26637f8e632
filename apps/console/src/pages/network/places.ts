import type { ListedProviderJson } from "@cairn/client";

/** Providers of one country, or of none that they name. */
export interface Place {
  country: string | null;
  providers: number;
  connected: number;
  /** Live deals of the account there. */
  mine: number;
  centre: { latitude: number; longitude: number } | null;
}

const compare = (a: bigint | number | string, b: bigint | number | string) => (a < b ? -1 : a > b ? 1 : 0);

/** The most providers first; those of no country last among as many. */
export function placesOf(providers: readonly ListedProviderJson[]): Place[] {
  const places = new Map<string | null, Place>();
  for (const { country, centre, connected, mine } of providers) {
    const place = places.get(country) ?? { country, providers: 0, connected: 0, mine: 0, centre };
    place.providers += 1;
    place.connected += connected ? 1 : 0;
    place.mine += mine.deals;
    places.set(country, place);
  }
  return [...places.values()].sort((a, b) => b.providers - a.providers || compare(a.country ?? "~", b.country ?? "~"));
}

const names = new Intl.DisplayNames("en", { type: "region" });

/** The country in words: `Netherlands`. */
export function countryName(code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    // Anybody's address bar.
    return code;
  }
}

type Sort = "provider" | "place" | "state" | "free" | "price" | "rating" | "mine";

const free = ({ capacity, used }: ListedProviderJson) => BigInt(capacity) - BigInt(used);

const KEYS: Record<Sort, (one: ListedProviderJson) => bigint | number | string> = {
  provider: ({ provider }) => provider,
  place: ({ country, region }) => `${country ?? "~"} ${region}`,
  state: ({ connected, state }) => `${connected ? 0 : 1} ${state}`,
  free,
  price: ({ price }) => BigInt(price),
  rating: ({ rating }) => rating,
  mine: ({ mine }) => BigInt(mine.bytes),
};

/** Sorted by one of them; whoever holds most of the account's first where nothing is asked for. */
export function sorted(
  providers: readonly ListedProviderJson[],
  by: Sort | undefined,
  order: "asc" | "desc" = "asc",
): ListedProviderJson[] {
  const key = KEYS[by ?? "mine"];
  const direction = (by === undefined ? "desc" : order) === "desc" ? -1 : 1;
  return providers.toSorted(
    (a, b) => direction * compare(key(a), key(b)) || compare(b.rating, a.rating) || compare(a.provider, b.provider),
  );
}

/** Bytes that are offered and not taken, of those that are connected. */
export const freeBytes = (providers: readonly ListedProviderJson[]): string =>
  providers
    .filter(({ connected, state }) => connected && state !== "RETIRED")
    .reduce((sum, one) => sum + (free(one) > 0n ? free(one) : 0n), 0n)
    .toString();
