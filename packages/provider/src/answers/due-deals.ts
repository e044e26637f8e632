import { isScheduled, type PeriodClock, periodAt } from "@cairn/core";
import type { DealBook, DealEntry } from "../deals/deal-book.ts";

/** Whether a deal owes a proof for `period`: received, not over, and on duty (docs/protocol.md, 3). */
function isDue(entry: DealEntry, period: number, clock: PeriodClock): boolean {
  const { quote, facts } = entry;
  if (facts === undefined || facts.receiptTime === 0) return false;
  if (facts.state !== "ACTIVE" && facts.state !== "PROPOSED") return false;
  if (period > facts.lastPeriod) return false;
  return isScheduled(period, quote.duty, periodAt(facts.receiptTime, clock), clock);
}

/** Deals that owe a proof; a PROPOSED one counts too, as its first proof may be on its way to the chain. */
export function dueDeals(book: DealBook, period: number, clock: PeriodClock): DealEntry[] {
  return book.all().filter((entry) => isDue(entry, period, clock));
}
