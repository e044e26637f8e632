import { medianRate } from "@cairn/core";
import type { Queryable } from "../queryable.ts";

/** Days of rates that are kept: as long as the daily history of figures. */
const KEPT_DAYS = 3660;
const BATCH = 10_000;

export interface SourceRate {
  /** Days since 1970. */
  day: number;
  rate: string;
}

/** Keep a source's rates of some days, in place of what it gave for them before. */
export async function storeFiatRates(
  db: Queryable,
  { source, currency, rates }: { source: string; currency: string; rates: readonly SourceRate[] },
): Promise<void> {
  // Of one day the last: no row is written twice by one statement.
  const days = new Map(rates.map(({ day, rate }) => [day, rate]));
  await db.query(
    `with written as (
       insert into catalog.fiat_rates (source, currency, day, rate) select $1, $2, day, rate from unnest($3::integer[], $4::numeric[]) as r (day, rate)
       on conflict (currency, day, source) do update set rate = excluded.rate returning 1)
     select pg_notify('cairn_figures', '*') from (select count(*) from written) as counted`,
    [source, currency, [...days.keys()], [...days.values()]],
  );
}

export interface DayOfRates {
  day: number;
  /** The median of the sources. */
  rate: string;
  sources: { source: string; rate: string }[];
}

/** Prices of a currency on the days of a range that have any, oldest first; days since 1970, half-open. */
export async function readFiatRates(
  db: Queryable,
  { currency, from, before }: { currency: string; from: number; before: number },
): Promise<DayOfRates[]> {
  const { rows } = await db.query(
    `select day, source, trim_scale(rate)::text as rate from catalog.fiat_rates where currency = $1 and day >= $2 and day < $3 order by day, source`,
    [currency, from, before],
  );
  return daysOf(rows as RateRow[]);
}

/** The newest prices of a currency that are not of later than `today`. */
export async function newestFiatRate(
  db: Queryable,
  { currency, today }: { currency: string; today: number },
): Promise<DayOfRates | undefined> {
  const { rows } = await db.query(
    `select day, source, trim_scale(rate)::text as rate from catalog.fiat_rates where currency = $1
       and day = (select max(day) from catalog.fiat_rates where currency = $1 and day <= $2) order by source`,
    [currency, today],
  );
  return daysOf(rows as RateRow[])[0];
}

interface RateRow {
  day: number;
  source: string;
  rate: string;
}

function daysOf(rows: readonly RateRow[]): DayOfRates[] {
  return [...Map.groupBy(rows, ({ day }) => day)].map(([day, its]) => ({
    day,
    rate: medianRate(its.map(({ rate }) => rate)),
    sources: its.map(({ source, rate }) => ({ source, rate })),
  }));
}

/** Currencies that there are prices of. */
export async function listCurrencies(db: Queryable): Promise<string[]> {
  const { rows } = await db.query(
    // One step of the index for each currency, not a scan of all days.
    `with recursive found (currency) as (
       (select currency from catalog.fiat_rates order by currency limit 1)
       union all
       select (select currency from catalog.fiat_rates r where r.currency > f.currency order by currency limit 1) from found f where f.currency is not null)
     select currency from found where currency is not null`,
  );
  return (rows as { currency: string }[]).map(({ currency }) => currency);
}

/** Forget rates of more than ten years ago, at most 10,000 at a time. */
export async function forgetFiatRates(db: Queryable, today: number): Promise<void> {
  await db.query(
    `delete from catalog.fiat_rates where (currency, day, source) in (
       select currency, day, source from catalog.fiat_rates where day < $1 order by day limit ${BATCH})`,
    [today - KEPT_DAYS],
  );
}
