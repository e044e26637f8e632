import { DAY, GIB, type Money } from "@cairn/protocol";

/** A replacement provider may cost at most this many times the dearest quote of the piece; the owner signs that ceiling. */
export const REPLACEMENT_PRICE_FACTOR = 2n;

/** Bytes and seconds that a price "per GiB-day" is for. */
const GIB_DAY = BigInt(GIB) * BigInt(DAY);

const ceilDivide = (a: bigint, b: bigint) => (a + b - 1n) / b;

/** Days of the month that prices are shown for. */
const MONTH_DAYS = 30n;

/** A price per GiB-day as people are shown it, and give it: per GiB and month of 30 days. */
export const perGibMonth = (perGibDay: Money): Money => perGibDay * MONTH_DAYS;

/** The price per GiB-day that a price per GiB and month comes to, rounded up: nobody gets less than was asked for. */
export const perGibDay = (perMonth: Money): Money => ceilDivide(perMonth, MONTH_DAYS);

/** Price of one period of `rawLength` bytes in wei: `price` per GiB-day, multiplied out before it is divided, rounded up (docs/protocol.md, 2). */
export function pricePerPeriod(price: Money, rawLength: number | bigint, periodSeconds: number): Money {
  return ceilDivide(price * BigInt(rawLength) * BigInt(periodSeconds), GIB_DAY);
}

/** The lowest price per GiB-day at which a period of `rawLength` bytes may cost `perPeriod`. */
export function pricePerGibDay(perPeriod: Money, rawLength: number | bigint, periodSeconds: number): Money {
  if (perPeriod === 0n) return 0n;
  return ((perPeriod - 1n) * GIB_DAY) / (BigInt(rawLength) * BigInt(periodSeconds)) + 1n;
}

/**
 * `Mandate.maxPrice` for the quotes that an owner was shown: what whoever takes a provider's place may cost, in a repair too
 * (REPLACEMENT_PRICE_FACTOR).
 */
export function priceCeiling(
  quotes: readonly { pricePerPeriod: Money; rawLength: number | bigint }[],
  periodSeconds: number,
): Money {
  let dearest = 0n;
  for (const quote of quotes) {
    const price = pricePerGibDay(quote.pricePerPeriod, quote.rawLength, periodSeconds);
    if (price > dearest) dearest = price;
  }
  return dearest * REPLACEMENT_PRICE_FACTOR;
}

/** How long after the agreed end a deal may still last, as quotes are older than the proposals made of them and clocks differ: `Mandate.end`. */
export const TERM_MARGIN_SECONDS = 7200;
