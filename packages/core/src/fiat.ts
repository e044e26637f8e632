import { CairnError, type Money } from "@cairn/protocol";

/*
 * Prices of a coin in other currencies. All arithmetic is of integers: a rate is decimal text with up to 18 digits before and after the point, and is
 * counted in units of 10⁻¹⁸.
 */
const DIGITS = 18;
const UNIT = 10n ** BigInt(DIGITS);
/** Digits after the point of a converted amount. */
const SHOWN = 6;

/** Up to 18 digits before the point and 18 after it. */
export const RATE_PATTERN = "^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?$";
const RATE = new RegExp(RATE_PATTERN);

/** @returns undefined where a text is no rate greater than 0 */
function unitsOf(rate: string): bigint | undefined {
  if (!RATE.test(rate)) return undefined;
  const [whole = "", fraction = ""] = rate.split(".");
  const units = BigInt(whole) * UNIT + BigInt(fraction.padEnd(DIGITS, "0"));
  return units > 0n ? units : undefined;
}

function textOf(units: bigint, digits = DIGITS): string {
  const fraction = (units % 10n ** BigInt(digits)).toString().padStart(digits, "0").replace(/0+$/, "");
  return `${units / 10n ** BigInt(digits)}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * A price as a source wrote it: plain or with an exponent, of any number of digits after the point, of which the first 18 are taken. The text is read, not
 * a number: 0.1 stays 0.1.
 * @returns decimal text, undefined where it is no price greater than 0
 */
export function readRate(text: string): string | undefined {
  const parts = /^([0-9]{1,40})(?:\.([0-9]{1,80}))?(?:[eE]([+-]?[0-9]{1,2}))?$/.exec(text.trim());
  if (parts === null) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = parts;
  const shift = DIGITS + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  const rate = textOf(units);
  return unitsOf(rate) === undefined ? undefined : rate;
}

/** Of the middle one, or exactly between the middle two. @throws RangeError without any rate */
export function medianRate(rates: readonly string[]): string {
  const sorted = rates.flatMap((rate) => unitsOf(rate) ?? []).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("no rate");
  return textOf((low + high) / 2n);
}

/** What an amount is worth at the price of a coin: 6 digits after the point, never more than it is. */
export function inFiat(wei: Money, rate: string): string {
  const units = unitsOf(rate);
  if (units === undefined) throw new RangeError("no rate");
  return textOf((wei * units) / UNIT / 10n ** BigInt(DIGITS - SHOWN), SHOWN);
}

/** Days (UTC) since 1970. */
export const dayOf = (seconds: number): number => Math.floor(seconds / 86_400);
export const dayText = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** @returns undefined where a text is no day such as 2026-11-29 */
export function readDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at)) return undefined;
  const day = at / 86_400_000;
  return dayText(day) === text ? day : undefined;
}

export interface DayRate {
  /** 2026-11-29 */
  day: string;
  rate: string;
}

/** Of one file: more than 27 years. */
export const MOST_RATES = 10_000;

/**
 * Rates of days from a file: CSV lines `date,rate` with or without a heading, or JSON `[{"date": …, "rate": …}]` or `{"2026-11-29": …}`.
 * @throws CairnError `bad-rates` naming the first line that is none
 */
export function parseRates(text: string): DayRate[] {
  const entries = /^\s*[[{]/.test(text) ? jsonRates(text) : csvRates(text);
  if (entries.length === 0) throw badRates("there is no rate in it");
  if (entries.length > MOST_RATES) throw badRates(`it has more than ${MOST_RATES} rates`);
  return entries.map(({ date, price, place }) => {
    const day = readDay(date.trim().slice(0, 10));
    if (day === undefined) throw badRates(`${place} has the date ${JSON.stringify(date.slice(0, 40))}`);
    const rate = readRate(price);
    if (rate === undefined) throw badRates(`${place} has the rate ${JSON.stringify(price.slice(0, 40))}`);
    return { day: dayText(day), rate };
  });
}

interface Entry {
  date: string;
  price: string;
  place: string;
}

function csvRates(text: string): Entry[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === "") return [];
    const [date = "", price = ""] = line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    return at === 0 && !/^\d/.test(date) ? [] : [{ date, price, place: `line ${at + 1}` }];
  });
}

function jsonRates(text: string): Entry[] {
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (cause) {
    throw badRates("it is not JSON", cause);
  }
  if (!Array.isArray(value))
    return Object.entries(value as object).map(([date, price]) => ({ date, price: String(price), place: "an entry" }));
  return value.map((one: { date?: unknown; day?: unknown; rate?: unknown } | null, at) => ({
    date: String(one?.date ?? one?.day),
    price: String(one?.rate),
    place: `entry ${at + 1}`,
  }));
}

/** JSON whose numbers stay the text that they were written as. */
export function parseExactly(text: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? (context?.source ?? String(value)) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

function badRates(why: string, cause?: unknown): CairnError {
  return new CairnError(`this is no file of rates: ${why}`, {
    code: "bad-rates",
    kind: "input",
    next: 'Give CSV lines such as 2026-11-29,4.21 or JSON such as [{"date": "2026-11-29", "rate": "4.21"}].',
    cause,
  });
}
