import { type DayOfRates, newestFiatRate, type Queryable } from "@cairn/catalog";
import { dayOf } from "@cairn/core";
import type { Seconds } from "@cairn/protocol";

const DAY = 86_400;

/** The newest price of a currency; `staleSince`: from when on it is no longer that of the day. */
export async function fiatRateOf(
  db: Queryable,
  { currency, now }: { currency: string; now: Seconds },
): Promise<(DayOfRates & { staleSince: Seconds | null }) | undefined> {
  const today = dayOf(now);
  const newest = await newestFiatRate(db, { currency, today });
  if (newest === undefined) return undefined;
  return { ...newest, staleSince: newest.day < today ? (newest.day + 1) * DAY : null };
}
