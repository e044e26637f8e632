/** One text of a URL's search; left out where it is empty. Compose: `{...text(search, "a"), ...oneOf(search, "b", CHOICES)}`. */
export function text<K extends string>(search: Record<string, unknown>, key: K): { [key in K]?: string } {
  const value = search[key];
  const known = typeof value === "number" ? String(value) : value;
  return typeof known === "string" && known !== "" ? ({ [key]: known } as { [key in K]: string }) : {};
}

/** One of some words; left out where it is none of them. */
export function oneOf<K extends string, const T extends string>(
  search: Record<string, unknown>,
  key: K,
  choices: readonly T[],
): { [key in K]?: T } {
  const found = choices.find((one) => one === search[key]);
  return found === undefined ? {} : ({ [key]: found } as { [key in K]: T });
}
