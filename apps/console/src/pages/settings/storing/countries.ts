import { COUNTRY_CODES } from "@cairn/core/placement";

const names = new Intl.DisplayNames("en", { type: "region" });

/** `Canada` for CA. */
export const countryName = (code: string): string => names.of(code) ?? code;

export const COUNTRIES: readonly (readonly [code: string, name: string])[] = COUNTRY_CODES.map(
  (code) => [code, countryName(code)] as const,
).toSorted((a, b) => a[1].localeCompare(b[1], "en"));
