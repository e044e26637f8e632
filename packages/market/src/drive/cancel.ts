import { CairnError } from "@cairn/core";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applySlotEvents, blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { isRefusal, readDeals, submissionFor } from "./propose.ts";
import { each } from "./quote-slots.ts";

/** Withdraw proposals: their escrow comes back and the slots are free again. */
export async function cancelSlots(context: Context, row: PackageRow, slots: readonly SlotRow[]): Promise<void> {
  const deals = slots.map((slot) => slot.state.deal!);
  try {
    const result = await context.ledger.cancel({ id: submissionFor("cancel", deals) }, deals);
    if (!result.ok)
      throw new CairnError(result.revert ?? "the withdrawal was refused", { code: "reverted", kind: "conflict" });
    await applySlotEvents(
      context,
      row.id,
      each(slots, (slot) => ({ type: "chain", deal: slot.state.deal!, state: "CANCELLED" })),
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
    const open = slots.filter((slot) => records.get(slot.state.deal!)?.state === "PROPOSED");
    const decided = slots.filter((slot) => !open.includes(slot));
    await applySlotEvents(
      context,
      row.id,
      each(decided, (slot) => ({
        type: "chain",
        deal: slot.state.deal!,
        state: records.get(slot.state.deal!)?.state ?? "CANCELLED",
      })),
    );
    if (open.length === 1)
      await applySlotEvents(
        context,
        row.id,
        each(open, () => blockedBy(error, 10)),
      );
    else for (const slot of open) await cancelSlots(context, row, [slot]);
  }
}
