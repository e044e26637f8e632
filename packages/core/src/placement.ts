import { type Address, CairnError, type Money } from "@cairn/protocol";
import { formatCoins } from "./coins.ts";
import { perGibMonth } from "./price.ts";

/** What an owner demands of the providers of a package, kept with it: repairs obey it too. All of it is optional. */
export interface PlacementTerms {
  /** Most that a provider may ask, wei per GiB-day. */
  maxPrice?: Money;
  /** ISO 3166-1 alpha-2 codes: every shard lies in one of these countries. */
  countries?: readonly string[];
  /** The country of each shard by its number, such as one for each copy; instead of `countries`. */
  shardCountries?: readonly string[];
  /** Nobody else is asked. */
  allowed?: readonly Address[];
  /** Never asked. */
  blocked?: readonly Address[];
  /** Least score, basis points. */
  minScore?: number;
  /** What decides among those that qualify; the score unless set. */
  rank?: "score" | "price";
}

/** The terms as JSON: money as a decimal string. */
export interface PlacementJson extends Omit<PlacementTerms, "maxPrice"> {
  maxPrice?: string;
}

/** What is looked at of a provider. */
export interface Placeable {
  provider: Address;
  /** Wei per GiB-day. */
  price: Money;
  /** Basis points. */
  score: number;
  region: string;
}

export type PlacementRule = "price" | "country" | "allowed" | "blocked" | "score";

const MAX_LISTED = 1000;
const MAX_COUNTRIES = 255;

/** Country of a registered region, "CA Vancouver" or "CA": what the provider says of itself. Undefined where it names none. */
export function countryOf(region: string): string | undefined {
  const code = /^([A-Z]{2})(?: |$)/.exec(region)?.[1];
  return code !== undefined && isCountry(code) ? code : undefined;
}

/** The 249 officially assigned codes of ISO 3166-1 alpha-2; United Kingdom is GB there, and a withdrawn code (SU, YU) meets nobody. */
const COUNTRIES = new Set(
  [
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG",
    "CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL",
    "GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA",
    "LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP",
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV",
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW",
  ].flatMap((line) => line.split(" ")),
);

/** All of them, by the alphabet. */
export const COUNTRY_CODES: readonly string[] = [...COUNTRIES];

/** Whether it is the ISO 3166-1 alpha-2 code of a country. */
export const isCountry = (code: string): boolean => COUNTRIES.has(code);

/** The countries that a shard may lie in; undefined for any. */
export function countriesFor(terms: PlacementTerms, shard: number): readonly string[] | undefined {
  const own = terms.shardCountries?.[shard];
  return own === undefined ? terms.countries : [own];
}

/** The rule by which the provider can have none of the shards; undefined when it qualifies for one. */
export function ruleAgainst(
  terms: PlacementTerms,
  shards: Iterable<number>,
  candidate: Placeable,
): PlacementRule | undefined {
  const { provider, price, score, region } = candidate;
  if (terms.blocked?.includes(provider)) return "blocked";
  if (terms.allowed !== undefined && !terms.allowed.includes(provider)) return "allowed";
  if (terms.maxPrice !== undefined && price > terms.maxPrice) return "price";
  if (terms.minScore !== undefined && score < terms.minScore) return "score";
  const country = countryOf(region);
  for (const shard of shards) {
    const countries = countriesFor(terms, shard);
    if (countries === undefined || (country !== undefined && countries.includes(country))) return undefined;
    // All have the same list: looked through once.
    if (terms.shardCountries === undefined) break;
  }
  return "country";
}

/** Countries that the terms name, each once. */
const countriesOf = ({ countries, shardCountries }: PlacementTerms) =>
  [...new Set(shardCountries ?? countries ?? [])].join(" or ");

/** Why the rule leaves a provider out, as said of one: "asks more than 0.5 CAIRN per GiB and month", "is not in CA or NL". */
export function describeRule(terms: PlacementTerms, rule: PlacementRule, many = false): string {
  const [is, has, asks] = many ? ["are", "have", "ask"] : ["is", "has", "asks"];
  switch (rule) {
    case "price":
      return `${asks} more than ${formatCoins(perGibMonth(terms.maxPrice ?? 0n))} per GiB and month`;
    case "country":
      return `${is} not in ${countriesOf(terms)}`;
    case "allowed":
      return `${is} not among those that you allow`;
    case "blocked":
      return `${is} among those that you block`;
    case "score":
      return `${has} a score below ${(terms.minScore ?? 0) / 100} %`;
  }
}

/** The terms in words, a line each; one line where nothing is demanded. */
export function describePlacement(terms: PlacementTerms): string[] {
  const { maxPrice, countries, shardCountries, allowed, blocked, minScore, rank } = terms;
  const lines = [
    ...(maxPrice === undefined ? [] : [`ask at most ${formatCoins(perGibMonth(maxPrice))} per GiB and month`]),
    ...(countries === undefined ? [] : [`are in ${countries.join(" or ")}`]),
    ...(shardCountries === undefined ? [] : [`one after the other in ${shardCountries.join(", ")}`]),
    ...(allowed === undefined ? [] : [`are among ${allowed.length} that you allow`]),
    ...(blocked === undefined ? [] : [`are none of ${blocked.length} that you block`]),
    ...(minScore === undefined ? [] : [`have a score of ${minScore / 100} % or more`]),
    ...(rank === undefined ? [] : [rank === "price" ? "the cheapest first" : "the best score first"]),
  ];
  return lines.length === 0 ? ["any, the best score first"] : lines;
}

/** How many providers each rule left out: "2 ask more than 0.5 CAIRN per GiB and month". */
export function describeLeftOut(terms: PlacementTerms, rules: readonly PlacementRule[]): string[] {
  const counts = new Map<PlacementRule, number>();
  for (const rule of rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, count]) => `${count} ${describeRule(terms, rule, count > 1)}`);
}

/**
 * Terms of the owner's own writing, held to their form, and to the number of shards where that is known.
 * @throws CairnError `bad-placement` (field, allowed)
 */
export function checkPlacement(terms: PlacementTerms, n?: number): void {
  const refuse = (field: keyof PlacementTerms, message: string, allowed: string): never => {
    throw new CairnError(message, {
      code: "bad-placement",
      kind: "input",
      details: { field, allowed },
      next: `Give ${allowed}.`,
    });
  };
  const { maxPrice, countries, shardCountries, allowed, blocked, minScore, rank } = terms;
  if (maxPrice !== undefined && maxPrice < 0n) refuse("maxPrice", "the maximum price is below 0", "0 or more");
  for (const [field, codes] of [
    ["countries", countries],
    ["shardCountries", shardCountries],
  ] as const) {
    if (codes === undefined) continue;
    const odd = codes.find((code) => !isCountry(code));
    if (odd !== undefined)
      refuse(field, `"${odd.slice(0, 20)}" is no country`, "ISO 3166-1 codes of two capital letters, such as CA");
    if (codes.length === 0 || codes.length > MAX_COUNTRIES)
      refuse(field, `${codes.length} countries are named`, `1 to ${MAX_COUNTRIES}`);
  }
  if (countries !== undefined && shardCountries !== undefined)
    refuse("shardCountries", "countries are named for all shards and for each", "one of the two");
  if (n !== undefined && shardCountries !== undefined && shardCountries.length !== n)
    refuse(
      "shardCountries",
      `${shardCountries.length} countries are named for ${n} shards`,
      "one country for each shard",
    );
  for (const [field, list] of [
    ["allowed", allowed],
    ["blocked", blocked],
  ] as const) {
    if (list === undefined) continue;
    const odd = list.find((address) => !/^0x[0-9a-f]{40}$/.test(address));
    if (odd !== undefined)
      refuse(field, `"${odd.slice(0, 50)}" is no provider's address`, "0x and 40 hex digits in lower case");
    if (list.length > MAX_LISTED) refuse(field, `${list.length} providers are named`, `at most ${MAX_LISTED}`);
  }
  if (n !== undefined && allowed !== undefined) {
    const left = new Set(allowed.filter((address) => !blocked?.includes(address))).size;
    if (left < n)
      refuse(
        "allowed",
        `${left} providers are allowed, and ${n} shards need as many`,
        `${n} or more that are not blocked`,
      );
  }
  if (minScore !== undefined && !(Number.isInteger(minScore) && minScore >= 0 && minScore <= 10_000))
    refuse("minScore", `a least score of ${minScore} is not possible`, "0 to 10000 basis points");
  if (rank !== undefined && rank !== "score" && rank !== "price")
    refuse("rank", `"${String(rank).slice(0, 20)}" ranks nothing`, "score or price");
}

/** The terms as they travel and are kept; fields that are not set are left out. */
export function placementToJson({ maxPrice, ...rest }: PlacementTerms): PlacementJson {
  return { ...rest, ...(maxPrice === undefined ? {} : { maxPrice: maxPrice.toString() }) };
}

/** The inverse of `placementToJson`; other fields are dropped. Addresses are taken in lower case. */
export function placementFromJson(json: PlacementJson): PlacementTerms {
  const { maxPrice, countries, shardCountries, allowed, blocked, minScore, rank } = json;
  const lower = (list: readonly Address[]) => list.map((address) => address.toLowerCase() as Address);
  return {
    ...(maxPrice === undefined ? {} : { maxPrice: BigInt(maxPrice) }),
    ...(countries === undefined ? {} : { countries }),
    ...(shardCountries === undefined ? {} : { shardCountries }),
    ...(allowed === undefined ? {} : { allowed: lower(allowed) }),
    ...(blocked === undefined ? {} : { blocked: lower(blocked) }),
    ...(minScore === undefined ? {} : { minScore }),
    ...(rank === undefined ? {} : { rank }),
  };
}
