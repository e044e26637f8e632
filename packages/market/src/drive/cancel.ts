import { submissionId } from "@cairn/chain";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { submitSlots } from "./submit-slots.ts";

const RETRY_SECONDS = 10;

/** Withdraw proposals: their escrow comes back and the slots are free again. */
export function cancelSlots(context: Context, row: PackageRow, slots: readonly SlotRow[]): Promise<void> {
  return submitSlots(context, row, slots, {
    send: (some) => {
      const deals = some.map((slot) => slot.state.deal!);
      return context.ledger.cancel({ id: submissionId("market:cancel", deals) }, deals);
    },
    taken: (slot) => ({ type: "chain", deal: slot.state.deal!, state: "CANCELLED" }),
    isOpen: (record) => record?.state === "PROPOSED",
    decided: (slot, record) => ({ type: "chain", deal: slot.state.deal!, state: record?.state ?? "CANCELLED" }),
    refused: (_, refusal) => blockedBy(refusal, RETRY_SECONDS),
  });
}
