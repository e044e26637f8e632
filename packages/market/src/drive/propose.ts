import { createHash } from "node:crypto";
import { shardTree } from "@cairn/chain";
import {
  CairnError,
  type DealId,
  type DealRecord,
  isRefusal,
  quoteUsable,
  type SlotEvent,
  submitRefusal,
} from "@cairn/core";
import type { Context } from "../context.ts";
import { decodeDocument } from "../document.ts";
import { loadDocument, mandateOf, type PackageRow } from "../package-rows.ts";
import { applySlotEvents, blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { each } from "./quote-slots.ts";

/** Name of a submission about deals: the same deals give the same name after a crash. */
export function submissionFor(kind: string, deals: readonly DealId[], more = ""): string {
  const hash = createHash("sha256")
    .update([...deals].sort().join())
    .update(more)
    .digest("hex");
  return `market:${kind}:${hash.slice(0, 40)}`;
}

/**
 * Lock escrow for QUOTED slots of one piece: one transaction for all, or one for each after a common one was refused. A proposal that was
 * sent before a crash is taken up under its own name, with the deals that it had.
 */
export async function proposeSlots(context: Context, row: PackageRow, slots: readonly SlotRow[]): Promise<void> {
  const now = context.chainNow();
  const lapsed = slots.filter((slot) => !quoteUsable(slot.state, now));
  if (lapsed.length > 0) {
    const event: SlotEvent = { type: "quote-lapsed", cause: "Its quote ran out before it was proposed." };
    await applySlotEvents(
      context,
      row.id,
      each(lapsed, () => event),
    );
  }
  const usable = slots.filter((slot) => quoteUsable(slot.state, now));
  await Promise.all(groupsOf(usable).map((group) => proposeGroup(context, row, group)));
}

/** A proposal takes about 270,000 gas a deal, and the smallest block holds 6,000,000 (docs/contracts.md). */
const DEALS_PER_PROPOSAL = 16;

function groupsOf(slots: readonly SlotRow[]): SlotRow[][] {
  const groups = new Map<string, SlotRow[]>();
  for (const slot of slots) {
    const key = slot.state.proposal ?? (slot.state.alone ? slot.state.deal! : "together");
    groups.set(key, [...(groups.get(key) ?? []), slot]);
  }
  const sent = [...groups].filter(([key]) => key !== "together").map(([, group]) => group);
  return [...sent, ...chunksOf(groups.get("together") ?? [], DEALS_PER_PROPOSAL)];
}

export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

async function proposeGroup(context: Context, row: PackageRow, group: readonly SlotRow[]): Promise<void> {
  const deals = group.map((slot) => slot.state.deal!);
  const id = submissionFor("propose", deals);
  await applySlotEvents(
    context,
    row.id,
    each(group, () => ({ type: "proposing", proposal: id })),
  );
  try {
    const mandate = mandateOf(row);
    const tree = shardTree(decodeDocument(await loadDocument(context.pool, row.id)));
    const refusal = await submitRefusal(() =>
      context.ledger.propose(
        { id },
        mandate.message,
        mandate.signature,
        group.map((slot) => slot.quote!),
        group.map((slot) => slot.quoteSignature!),
        group.map((slot) => tree.path(slot.piece, slot.shard)),
      ),
    );
    if (refusal !== undefined) throw refusal;
    const record = await context.ledger.deal(deals[0]!);
    const deadline = record?.deadline ?? context.chainNow() + context.deployment.proposalSeconds;
    await applySlotEvents(
      context,
      row.id,
      each(group, () => ({ type: "proposed", deadline })),
    );
  } catch (error) {
    if (!isRefusal(error)) {
      const pause = error instanceof CairnError && error.code === "insufficient-funds" ? 30 : 5;
      await applySlotEvents(
        context,
        row.id,
        each(group, () => blockedBy(error, pause)),
      );
      return;
    }
    const records = await readDeals(context, group);
    await applySlotEvents(
      context,
      row.id,
      each(group, (slot) => {
        const record = records.get(slot.state.deal!);
        return record !== undefined && record.state !== "NONE"
          ? { type: "chain", deal: record.deal, state: record.state, deadline: record.deadline }
          : refusalOf(error, group.length === 1);
      }),
    );
  }
}

/** Reverts of StorageDeals.propose that say that the owner's money does not reach. */
const UNAFFORDABLE: Record<string, { cause: string; next: string }> = {
  EscrowLimit: {
    cause: "The providers that are left ask for more than the owner agreed to lock.",
    next: "Wait for a cheaper provider, or remove the package and put the folder again.",
  },
  AboveCeiling: {
    cause: "The provider asks for more than the owner agreed to pay.",
    next: "Wait for a cheaper provider, or remove the package and put the folder again.",
  },
  ReserveTooSmall: {
    cause: "The package's repair reserve does not reach for another provider.",
    next: "Wait for a cheaper provider or for refunds of failed deals, or put the folder again with a larger reserve.",
  },
};

function refusalOf(error: CairnError, alone: boolean): SlotEvent {
  const unaffordable = UNAFFORDABLE[String(error.details.error)];
  if (alone && unaffordable) return { type: "unaffordable", ...unaffordable };
  return { type: "proposal-refused", cause: `The contract refused the proposal: ${error.message}`, alone };
}

/** What the chain says of a deal that was proposed; a chain that does not know it (yet, or again) is asked later. */
export function decisionOf(slot: SlotRow, record: DealRecord | undefined): SlotEvent {
  if (record !== undefined && record.state !== "NONE") {
    return { type: "chain", deal: record.deal, state: record.state, deadline: record.deadline };
  }
  const cause = `The chain does not know the deal ${slot.state.deal}.`;
  return { type: "blocked", cause, next: "It will be asked again.", retrySeconds: 10 };
}

/** What the chain has of the slots' deals. */
export async function readDeals(context: Context, slots: readonly SlotRow[]): Promise<Map<DealId, DealRecord>> {
  const records = await Promise.all(slots.map((slot) => context.ledger.deal(slot.state.deal!)));
  return new Map(records.filter((record) => record !== undefined).map((record) => [record.deal, record]));
}
