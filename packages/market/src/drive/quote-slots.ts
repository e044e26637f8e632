import { CairnError } from "@cairn/protocol";
import type { Context } from "../context.ts";
import { mandateOf, type PackageRow } from "../package-rows.ts";
import { recordQuotes } from "../record-quotes.ts";
import { type QuoteRound, requestQuotes } from "../request-quotes.ts";
import { applyToEach } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";

/** Less time than this is left: a shard is not placed anew. */
const WORTH_PERIODS = 2;

/** Find new providers for EMPTY slots of one piece of a package that is already committed. */
export async function quoteSlots(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  pieceSlots: readonly SlotRow[],
): Promise<void> {
  if (isTermOver(context, row)) {
    await applyToEach(context, row.id, slots, () => ({ type: "term-over" }));
    return;
  }
  const left = (row.expiresAt ?? 0) - context.chainNow();
  let round: QuoteRound;
  try {
    mandateOf(row);
    round = await requestQuotes(context, row, slots, pieceSlots, left);
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    const { message: cause, next = null } = error;
    await applyToEach(context, row.id, slots, () => ({ type: "quote-failed", cause, next }));
    return;
  }
  await recordQuotes(context, row.id, round);
}

/** Too little of the agreed time is left to place a shard anew. */
export function isTermOver(context: Context, row: PackageRow): boolean {
  return (row.expiresAt ?? 0) - context.chainNow() < WORTH_PERIODS * context.deployment.periodSeconds;
}
