import type { FrequencyText, NetworkJson, NoticeSettingsJson, PreviewSettingsJson, SettingsJson } from "@cairn/client";
import { perGibDay, perGibMonth } from "@cairn/core/price";
import { exactCoins } from "../../../format/exact-coins.ts";
import { parseCoins } from "../../../format/parse-coins.ts";
import { NOTICE_DEFAULTS } from "../notice-kinds.ts";

/** The ten settings as they stand in the form: numbers as they were typed. */
export interface Draft {
  /** Coins per GiB and month; empty: no maximum. */
  maxPrice: string;
  /** How a piece is kept: as the network has it, as whole copies, or as shards of which some are enough. */
  shape: "network" | "copies" | "shards";
  copies: string;
  k: string;
  n: string;
  /** Where copies lie: anywhere, all in some countries, or each in its own. */
  where: "any" | "some" | "each";
  countries: readonly string[];
  /** The country of each copy, by its number; empty text where it is not chosen yet. */
  each: readonly string[];
  days: string;
  minDays: string;
  renew: boolean;
  allowed: readonly string[];
  blocked: readonly string[];
  /** Percent. */
  minScore: string;
  rank: "score" | "price";
  wallets: readonly string[];
  expiry: FrequencyText;
  expiryDays: string;
  low: FrequencyText;
  balance: FrequencyText;
  /** Coins. */
  threshold: string;
}

export type Defaults = NetworkJson["defaults"];
type Faults = Partial<Record<keyof Draft, string>>;

/** What the gateway has, before anything is typed. */
export interface Saved {
  settings: SettingsJson;
  notices: NoticeSettingsJson;
}

const text = (value: number | undefined) => (value === undefined ? "" : String(value));

export function draftOf({ settings, notices }: Saved, defaults: Defaults): Draft {
  const { k, n, days, minDays, renew = true, wallets = [], placement = {} } = settings;
  const { maxPrice, countries = [], shardCountries = [], allowed = [], blocked = [], minScore, rank } = placement;
  const whole = shapeOf(settings, defaults);
  return {
    maxPrice: maxPrice === undefined ? "" : exactCoins(perGibMonth(BigInt(maxPrice))),
    shape: k === undefined && n === undefined ? "network" : k === 1 ? "copies" : "shards",
    copies: k === 1 ? text(whole.n) : "2",
    k: text(whole.k),
    n: text(whole.n),
    where: shardCountries.length > 0 ? "each" : countries.length > 0 ? "some" : "any",
    countries,
    each: shardCountries,
    days: text(days),
    minDays: text(minDays),
    renew,
    allowed,
    blocked,
    minScore: minScore === undefined ? "" : String(minScore / 100),
    rank: rank ?? "score",
    wallets,
    expiry: notices.kinds.expiry.frequency,
    expiryDays: text(notices.expiryDays),
    low: notices.kinds["balance-low"].frequency,
    balance: notices.kinds.balance.frequency,
    threshold: exactCoins(BigInt(notices.lowBalance)),
  };
}

/** As the network has them, and accounts that never set anything. */
export const resetDraft = (defaults: Defaults): Draft =>
  draftOf(
    {
      settings: {},
      notices: withNotices({ kinds: { expiry: {}, "balance-low": {}, balance: {} } } as NoticeSettingsJson, {
        ...{ expiry: NOTICE_DEFAULTS.expiry, low: NOTICE_DEFAULTS["balance-low"], balance: NOTICE_DEFAULTS.balance },
        ...{ expiryDays: NOTICE_DEFAULTS.expiryDays, lowBalance: NOTICE_DEFAULTS.lowBalance },
      }),
    },
    defaults,
  );

/** What was typed, in wei; nothing is a number here, which the gateway may refuse. */
export function readCoins(text: string): bigint | undefined {
  const found = parseCoins(text);
  return found === "zero" ? 0n : typeof found === "bigint" ? found : undefined;
}

/** As the gateway completes them. */
const shapeOf = ({ k, n }: Pick<SettingsJson, "k" | "n">, defaults: Defaults) => ({
  k: k ?? Math.min(defaults.k, n ?? defaults.k),
  n: n ?? Math.max(defaults.n, k ?? 1),
});

/** How many copies or shards the draft makes; undefined where that is no number. */
export function copiesOf({ shape, copies, n }: Draft, defaults: Defaults): number | undefined {
  if (shape === "network") return defaults.n;
  const count = Number(shape === "copies" ? copies : n);
  return Number.isInteger(count) && count >= 1 && count <= 255 ? count : undefined;
}

/** One entry for each copy: those that were chosen, then none. */
export const eachOf = (draft: Draft, defaults: Defaults): string[] =>
  Array.from({ length: copiesOf(draft, defaults) ?? 0 }, (_, at) => draft.each[at] ?? "");

export interface Read {
  /** What the draft says, where it can be sent. */
  settings: SettingsJson;
  notices: Pick<Draft, "expiry" | "low" | "balance"> & { expiryDays: number; lowBalance: string };
  /** What is no number or not chosen yet: the gateway is not asked about it. */
  faults: Faults;
}

interface Words {
  number: string;
  coins: string;
  between: (least: number, most: number) => string;
  whole: (least: number, most: number) => string;
  above: (most: number) => string;
  tooShort: (days: number, least: number) => string;
  tooLong: (days: number) => string;
  tooMany: (n: number) => string;
  chooseCountries: string;
  chooseEach: string;
}

/** As the gateway's schemas have them. */
const MOST = { parts: 255, days: 3650, expiryDays: 365 };

interface Numbers {
  k?: number;
  n?: number;
  days: number | undefined;
  minDays: number | undefined;
  /** Percent. */
  score: number | undefined;
  expiryDays: number;
}

/** Numbers that cannot be, by themselves or beside each other. The gateway refuses them as well. */
function contradictions({ k = 1, n = MOST.parts, days, minDays, score, expiryDays }: Numbers, words: Words): Faults {
  const isWhole = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most;
  const isLength = (value: number | undefined) => value === undefined || (value > 0 && value <= MOST.days);
  const parts = words.whole(1, MOST.parts);
  const both = isWhole(k, MOST.parts) && isWhole(n, MOST.parts);
  const isShort = days !== undefined && minDays !== undefined && days < minDays;
  return {
    ...(isWhole(k, MOST.parts) ? {} : { k: parts }),
    ...(isWhole(n, MOST.parts) ? {} : { n: parts, copies: parts }),
    ...(both && k > n ? { k: words.tooMany(n) } : {}),
    ...(isShort ? { days: words.tooShort(days, minDays), minDays: words.tooLong(days) } : {}),
    ...(isLength(days) ? {} : { days: words.above(MOST.days) }),
    ...(isLength(minDays) ? {} : { minDays: words.above(MOST.days) }),
    ...(score === undefined || (score >= 0 && score <= 100) ? {} : { minScore: words.between(0, 100) }),
    ...(isWhole(expiryDays, MOST.expiryDays) ? {} : { expiryDays: words.whole(1, MOST.expiryDays) }),
  };
}

/** The draft as it is sent; settings that the form does not have stay as they are in `before`. */
export function readDraft(draft: Draft, before: SettingsJson, defaults: Defaults, words: Words): Read {
  const faults: Faults = {};
  const count = (name: keyof Draft, value: string): number | undefined => {
    if (value.trim() === "") return undefined;
    const number = Number(value);
    if (Number.isFinite(number)) return number;
    faults[name] = words.number;
    return undefined;
  };
  const needed = (name: keyof Draft, value: string): number => {
    const number = count(name, value);
    if (number === undefined) faults[name] = words.number;
    return number ?? 1;
  };
  const coins = (name: keyof Draft, value: string): bigint | undefined => {
    const wei = readCoins(value);
    if (wei === undefined) faults[name] = words.coins;
    return wei;
  };
  const shape =
    draft.shape === "network"
      ? {}
      : draft.shape === "copies"
        ? { k: 1, n: needed("copies", draft.copies) }
        : { k: needed("k", draft.k), n: needed("n", draft.n) };
  const most = draft.maxPrice.trim() === "" ? undefined : coins("maxPrice", draft.maxPrice);
  const each = eachOf(draft, defaults);
  if (draft.where === "some" && draft.countries.length === 0) faults.countries = words.chooseCountries;
  if (draft.where === "each" && each.includes("")) faults.each = words.chooseEach;
  const days = count("days", draft.days);
  const minDays = count("minDays", draft.minDays);
  const score = count("minScore", draft.minScore);
  const low = coins("threshold", draft.threshold);
  const expiryDays = needed("expiryDays", draft.expiryDays);
  Object.assign(faults, { ...contradictions({ ...shape, days, minDays, score, expiryDays }, words), ...faults });
  const { confirmations, explorer, currency, version } = before;
  return {
    settings: {
      ...definedOf({ confirmations, explorer, currency, version }),
      ...shape,
      ...definedOf({ days, minDays }),
      // Left out is what nobody set, as it was before it was looked at.
      ...(draft.renew && before.renew === undefined ? {} : { renew: draft.renew }),
      ...(draft.wallets.length === 0 ? {} : { wallets: [...draft.wallets] }),
      placement: {
        ...(most === undefined ? {} : { maxPrice: perGibDay(most).toString() }),
        ...(draft.where === "some" ? { countries: [...draft.countries] } : {}),
        ...(draft.where === "each" ? { shardCountries: each } : {}),
        ...(draft.allowed.length === 0 ? {} : { allowed: [...draft.allowed] }),
        ...(draft.blocked.length === 0 ? {} : { blocked: [...draft.blocked] }),
        ...(score === undefined ? {} : { minScore: Math.round(score * 100) }),
        ...(draft.rank === "score" && before.placement?.rank === undefined ? {} : { rank: draft.rank }),
      } as NonNullable<SettingsJson["placement"]>,
    },
    notices: {
      ...{ expiry: draft.expiry, low: draft.low, balance: draft.balance },
      ...{ expiryDays, lowBalance: (low ?? 0n).toString() },
    },
    faults,
  };
}

/** Without what is undefined. */
const definedOf = <T extends object>(of: T) =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** What a put by the draft would meet is asked whole: what the draft leaves out is the network's, not what was saved before. */
export function previewOf({ settings }: Read, defaults: Defaults, bytes: number): PreviewSettingsJson {
  const { days, minDays = 0, placement = {} } = settings;
  return {
    ...shapeOf(settings, defaults),
    ...{ days: days ?? Math.max(defaults.days, minDays), minDays, placement, bytes },
  };
}

/** Notice settings with those of the draft in them; the other kinds and all channels stay. */
export function withNotices(before: NoticeSettingsJson, draft: Read["notices"]): NoticeSettingsJson {
  const { expiry, low, balance, expiryDays, lowBalance } = draft;
  const { kinds } = before;
  return {
    kinds: {
      ...kinds,
      expiry: { ...kinds.expiry, frequency: expiry },
      "balance-low": { ...kinds["balance-low"], frequency: low },
      balance: { ...kinds.balance, frequency: balance },
    },
    expiryDays,
    lowBalance,
  };
}

/** Names of what differs. */
export const changesOf = (a: Draft, b: Draft): (keyof Draft)[] =>
  (Object.keys(a) as (keyof Draft)[]).filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));

/** What I changed since `base` over what others saved meanwhile. */
export const mine = (draft: Draft, base: Draft, theirs: Draft): Draft =>
  Object.assign({}, theirs, Object.fromEntries(changesOf(draft, base).map((name) => [name, draft[name]])));

/** The form's field that the API means by its name of one. */
export function fieldOf(name: unknown): keyof Draft | undefined {
  const last = String(name)
    .replace(/^placement\./, "")
    .split(".")[0]!;
  return FIELDS.get(last);
}

const FIELDS = new Map<string, keyof Draft>(
  Object.entries({
    ...{ maxPrice: "maxPrice", k: "k", n: "n", countries: "countries", shardCountries: "each" },
    ...{ days: "days", minDays: "minDays", renew: "renew", allowed: "allowed", blocked: "blocked" },
    ...{ minScore: "minScore", rank: "rank", wallets: "wallets", expiryDays: "expiryDays", lowBalance: "threshold" },
  } as const),
);
