import { submissionId } from "@cairn/chain";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import type { SlotRow } from "../slot-rows.ts";
import { decisionOf } from "./read-deals.ts";
import { submitSlots } from "./submit-slots.ts";

/** Put receipts on chain, many in one transaction; pay runs from there. */
export function recordReceipts(context: Context, row: PackageRow, slots: readonly SlotRow[]): Promise<void> {
  return submitSlots(context, row, slots, {
    send: (some) => {
      const deals = some.map((slot) => slot.state.deal!);
      const receipts = some.map((slot) => slot.receipt!);
      return context.ledger.recordReceipts({ id: submissionId("market:receipts", deals) }, deals, receipts);
    },
    taken: () => ({ type: "receipt-recorded" }),
    isOpen: (record) => record?.state === "PROPOSED" && record.receiptTime === 0,
    decided: (slot, record) => (record?.state === "PROPOSED" ? { type: "receipt-recorded" } : decisionOf(slot, record)),
    refused: (_, { message }) => ({
      type: "provider-failed",
      cause: `The contract refused its receipt: ${message}`,
      hopeless: true,
    }),
  });
}
