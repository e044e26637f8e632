import { type DealRecord, type SlotEvent, type SubmissionResult, sendForEach } from "@cairn/core";
import { CairnError } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applyToEach, blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { readDeals } from "./read-deals.ts";

/** A transaction about the deals of some slots, and what its outcome means to each. */
export interface SlotSubmission<S extends SlotRow = SlotRow> {
  send(slots: readonly S[]): Promise<SubmissionResult>;
  taken(slot: S): SlotEvent;
  /** Whether the chain still waits for this after it refused; what it says of the others is `decided`. */
  isOpen(record: DealRecord | undefined): boolean;
  decided(slot: S, record: DealRecord | undefined): SlotEvent;
  /** Refused though it is open, and alone. */
  refused(slot: S, refusal: CairnError): SlotEvent;
}

/** A withdrawal takes about 100,000 gas a deal, a receipt or an activation less, and the smallest block holds 6,000,000 (docs/contracts.md). */
export const DEALS_PER_TRANSACTION = 32;

/** Where the chain does not answer. */
const RETRY_SECONDS = 5;
/** Coins that are missing are sent by a person. */
const POOR_RETRY_SECONDS = 30;

/**
 * Send for all slots at once. Where the contract refuses, each slot takes over what the chain has decided meanwhile, and those that are still
 * open are sent again, in halves where they are refused again. Only a slot that was refused by itself takes the refusal. Where the chain does not answer, what is left waits.
 */
export async function submitSlots<S extends SlotRow>(
  context: Context,
  row: PackageRow,
  slots: readonly S[],
  submission: SlotSubmission<S>,
): Promise<void> {
  const left = new Set(slots);
  const settle = async (of: readonly S[], event: (slot: S) => SlotEvent) => {
    await applyToEach(context, row.id, of, event);
    for (const slot of of) left.delete(slot);
  };
  const takeOver = async (of: readonly S[]): Promise<readonly S[]> => {
    const records = await readDeals(context, of);
    const recordOf = (slot: S) => records.get(slot.state.deal!);
    const [open, decided] = [true, false].map((is) => of.filter((slot) => submission.isOpen(recordOf(slot)) === is));
    await settle(decided!, (slot) => submission.decided(slot, recordOf(slot)));
    return open!;
  };
  try {
    const send = async (some: readonly S[]) => {
      const result = await submission.send(some);
      if (result.ok) await settle(some, submission.taken);
      return result;
    };
    const refused = await sendForEach(slots, send, takeOver);
    await takeOver(refused.map(({ item }) => item));
    for (const { item, refusal } of refused) {
      if (left.has(item)) await settle([item], (slot) => submission.refused(slot, refusal));
    }
  } catch (error) {
    const poor = error instanceof CairnError && error.code === "insufficient-funds";
    await settle([...left], () => blockedBy(error, poor ? POOR_RETRY_SECONDS : RETRY_SECONDS));
  }
}
