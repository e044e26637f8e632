import type { DealRecord, SlotEvent } from "@cairn/core";
import type { DealId } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { SlotRow } from "../slot-rows.ts";

/** What the chain has of the slots' deals. */
export async function readDeals(
  context: Pick<Context, "ledger">,
  slots: readonly SlotRow[],
): Promise<Map<DealId, DealRecord>> {
  const records = await Promise.all(slots.map((slot) => context.ledger.deal(slot.state.deal!)));
  return new Map(records.filter((record) => record !== undefined).map((record) => [record.deal, record]));
}

/** What the chain says of a deal that was proposed; a chain that does not know it (yet, or again) is asked later. */
export function decisionOf(slot: SlotRow, record: DealRecord | undefined): SlotEvent {
  if (record !== undefined && record.state !== "NONE") {
    return { type: "chain", deal: record.deal, state: record.state, deadline: record.deadline };
  }
  const cause = `The chain does not know the deal ${slot.state.deal}.`;
  return { type: "blocked", cause, next: "It will be asked again.", retrySeconds: 10 };
}
