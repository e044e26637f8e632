import { CairnError } from "@cairn/core";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applySlotEvents, blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { decisionOf, isRefusal, readDeals, submissionFor } from "./propose.ts";
import { each } from "./quote-slots.ts";

/** Put receipts on chain, many in one transaction; pay runs from there. */
export async function recordReceipts(context: Context, row: PackageRow, slots: readonly SlotRow[]): Promise<void> {
  const deals = slots.map((slot) => slot.state.deal!);
  try {
    const result = await context.ledger.recordReceipts(
      { id: submissionFor("receipts", deals) },
      deals,
      slots.map((slot) => slot.receipt!),
    );
    if (!result.ok)
      throw new CairnError(result.revert ?? "the receipts were refused", { code: "reverted", kind: "conflict" });
    await applySlotEvents(
      context,
      row.id,
      each(slots, () => ({ type: "receipt-recorded" })),
    );
  } catch (error) {
    if (!isRefusal(error)) {
      await applySlotEvents(
        context,
        row.id,
        each(slots, () => blockedBy(error, 5)),
      );
      return;
    }
    const records = await readDeals(context, slots);
    const open = slots.filter((slot) => {
      const record = records.get(slot.state.deal!);
      return record?.state === "PROPOSED" && record.receiptTime === 0;
    });
    const settled = slots.filter((slot) => !open.includes(slot));
    await applySlotEvents(
      context,
      row.id,
      each(settled, (slot) => {
        const record = records.get(slot.state.deal!);
        return record?.state === "PROPOSED" ? { type: "receipt-recorded" } : decisionOf(slot, record);
      }),
    );
    if (open.length === 1) {
      const cause = `The contract refused its receipt: ${error.message}`;
      await applySlotEvents(
        context,
        row.id,
        each(open, () => ({ type: "provider-failed", cause, hopeless: true })),
      );
      return;
    }
    for (const slot of open) await recordReceipts(context, row, [slot]);
  }
}
