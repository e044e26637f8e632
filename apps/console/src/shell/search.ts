/**
 * One text of a URL's search; left out where it is empty. Compose: `{...text(search, "a"), ...oneOf(search, "b", CHOICES)}`.
 * What the address has and is not valid is `undefined` there: a key that is missing the router fills in from the address, unchecked.
 */
export function text<K extends string>(search: Record<string, unknown>, key: K): { [key in K]?: string } {
  const value = search[key];
  const known = typeof value === "number" ? String(value) : value;
  return checked(search, key, typeof known === "string" && known !== "" ? known : undefined);
}

/** One of some words; left out where it is none of them. */
export function oneOf<K extends string, const T extends string>(
  search: Record<string, unknown>,
  key: K,
  choices: readonly T[],
): { [key in K]?: T } {
  return checked(
    search,
    key,
    choices.find((one) => one === search[key]),
  );
}

/** @param value undefined where what the search has is not valid */
export const checked = <K extends string, T extends string>(
  search: Record<string, unknown>,
  key: K,
  value: T | undefined,
): { [key in K]?: T } => (value === undefined && !(key in search) ? {} : ({ [key]: value } as { [key in K]: T }));

/** The search of an address as it stands there, every value a text: by itself the router would take `1e5` for a number and write `"27"` with its quotes. */
export const parseSearch = (search: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(search).entries());

/** What `parseSearch` reads; what is not given is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const given = Object.entries(search).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
