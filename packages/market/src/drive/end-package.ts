import { inTransaction, type NewEvent, recordEvents, removeBlocks } from "@cairn/catalog";
import { type DealRecord, inBatches, submitRefusal } from "@cairn/core";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applyToEach } from "../slot-events.ts";
import { loadSlots, type SlotRow } from "../slot-rows.ts";
import { cancelSlots } from "./cancel.ts";
import { readDeals } from "./read-deals.ts";
import { sendTermination } from "./send-termination.ts";
import { DEALS_PER_TRANSACTION } from "./submit-slots.ts";

const RETRY_SECONDS = 10;

/**
 * Go on with a package that its owner ended: withdraw what is still proposed, wait for the deals to close (the audit closes them once their
 * last period is final), then have the rest of the repair reserve paid back.
 */
export async function endPackage(context: Context, row: PackageRow, signal: AbortSignal): Promise<void> {
  const slots = await loadSlots(context.pool, row.id);
  const held = slots.filter((slot) => slot.state.deal !== null && slot.state.phase !== "ENDED");
  const records = await readDeals(context, held);
  const settled = held.filter((slot) => isFinal(context, records.get(slot.state.deal!), slot));
  const proposed = held.filter((slot) => records.get(slot.state.deal!)?.state === "PROPOSED");
  if (settled.length > 0) {
    await applyToEach(context, row.id, settled, ({ state: { deal } }) => ({
      type: "chain",
      deal: deal!,
      state: records.get(deal!)?.state ?? "CANCELLED",
    }));
  }
  for (const some of inBatches(proposed, DEALS_PER_TRANSACTION)) await cancelSlots(context, row, some);
  const active = held.filter((slot) => records.get(slot.state.deal!)?.state === "ACTIVE");
  if (active.length > 0) await endDeals(context, row, active);
  if (held.length === settled.length && !signal.aborted) return closePackage(context, row, "REMOVED");
  await postpone(context, row);
}

/** The owner's word goes to the chain unless it has it: the removal was cut off, or a deal became ACTIVE while it was begun. */
async function endDeals(context: Context, row: PackageRow, active: readonly SlotRow[]): Promise<void> {
  const { termination, documentHash } = row;
  if (termination === null || documentHash === null) return;
  const deals = active.map((slot) => slot.state.deal!);
  const refusal = await sendTermination(context, { owner: row.owner, documentHash }, termination, deals);
  if (refusal === undefined) return;
  await context.pool.query("update catalog.packages set cause = $2, next = $3 where id = $1", [
    row.id,
    `The contract refused to end the deals: ${refusal}`,
    "Remove it again, so that it is signed anew.",
  ]);
}

async function postpone(context: Context, row: PackageRow): Promise<void> {
  await context.pool.query(
    "update catalog.packages set next_due_at = now() + make_interval(secs => $2) where id = $1",
    [row.id, RETRY_SECONDS],
  );
}

/** A proposal that may still be under way counts as over once its quote cannot be accepted any more. */
const QUOTE_MARGIN_SECONDS = 120;

function isFinal(context: Context, record: DealRecord | undefined, slot: SlotRow): boolean {
  if (record === undefined || record.state === "NONE") {
    return slot.state.proposal === null || context.chainNow() > (slot.state.quoteExpiry ?? 0) + QUOTE_MARGIN_SECONDS;
  }
  return record.state !== "PROPOSED" && record.state !== "ACTIVE";
}

/** Every deal is settled: the reserve goes back, the files and the block index go. */
export async function closePackage(context: Context, row: PackageRow, state: "REMOVED" | "EXPIRED"): Promise<void> {
  const events: NewEvent[] = [];
  if (
    row.documentHash !== null &&
    (await context.ledger.packageReserve({ owner: row.owner, documentHash: row.documentHash })) > 0n
  ) {
    const of = { owner: row.owner, documentHash: row.documentHash };
    const id = `market:release:${row.owner}:${row.documentHash}`;
    if ((await submitRefusal(() => context.ledger.releaseReserve({ id }, of))) !== undefined) {
      // Some deal counts as live on chain: it is looked at again.
      await postpone(context, row);
      return;
    }
    events.push({
      package: row.id,
      kind: "reserve-released",
      severity: "info",
      message: "What was left of the repair reserve is back on the owner's deposit.",
    });
  }
  if (state === "REMOVED") {
    events.push({
      package: row.id,
      kind: "package-removed",
      severity: "info",
      message: "Every deal of the package has ended.",
    });
  }
  await inTransaction(context.pool, async (client) => {
    await context.lease?.assertHeld(client);
    await client.query("update catalog.packages set state = $2, next_due_at = null where id = $1", [row.id, state]);
    await removeBlocks(client, row.id);
    await recordEvents(client, events);
  });
  await forgetFiles(context, row);
}

/** Spool and manifest of a package that is over. */
export async function forgetFiles(context: Context, row: Pick<PackageRow, "id" | "manifest">): Promise<void> {
  await context.spool.removePackage(row.id);
  if (row.manifest) await context.blobs.remove(row.manifest.key);
}
