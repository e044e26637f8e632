import { listDistrust } from "@cairn/catalog";
import { submissionId } from "@cairn/chain";
import {
  avoidedNow,
  inBatches,
  isBarred,
  LONGEST_PAUSE_SECONDS,
  periodAt,
  periodStart,
  quoteUsable,
  type SlotEvent,
} from "@cairn/core";
import { type CairnError, type DealId, shardTree } from "@cairn/protocol";
import { decodeDocument } from "@cairn/protocol/document";
import type { Context } from "../context.ts";
import { loadDocument, mandateOf, type PackageRow } from "../package-rows.ts";
import { applyToEach } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { decisionOf } from "./read-deals.ts";
import { submitSlots } from "./submit-slots.ts";

/** A proposal takes about 270,000 gas a deal, and the smallest block holds 6,000,000 (docs/contracts.md). */
const DEALS_PER_PROPOSAL = 16;
/** A proposal that was refused only in its block, as the state had changed: a trial run on the new state says why. */
const RETRY_SECONDS = 5;

/**
 * Lock escrow for QUOTED slots of one piece: one transaction for all, or one for each half after a common one was refused. A proposal that was
 * sent before a crash is taken up under its own name, with the deals that it had.
 */
export async function proposeSlots(context: Context, row: PackageRow, slots: readonly SlotRow[]): Promise<void> {
  const now = context.chainNow();
  const [usable, lapsed] = [true, false].map((is) => slots.filter((slot) => quoteUsable(slot.state, now) === is));
  if (lapsed!.length > 0) await applyToEach(context, row.id, lapsed!, () => LAPSED);
  const broken = await brokenSince(context, usable!);
  if (broken.size > 0) await applyToEach(context, row.id, [...broken], () => BROKEN);
  const kept = usable!.filter((slot) => !broken.has(slot));
  await Promise.all(groupsOf(kept).map((group) => proposeGroup(context, row, group)));
}

/**
 * Slots whose providers broke another promise since they quoted: nothing is reserved with them while others will do. Where the slot has been
 * given back to the same provider, nobody else was left.
 */
async function brokenSince(context: Context, slots: readonly SlotRow[]): Promise<Set<SlotRow>> {
  const unsent = slots.filter((slot) => slot.state.proposal === null);
  const distrust = await listDistrust(
    context.pool,
    unsent.map((slot) => slot.state.provider!),
  );
  const now = context.chainNow();
  return new Set(
    unsent.filter(({ state }) => {
      const avoided = avoidedNow(state, context.clock.now()).rather;
      return isBarred(distrust.get(state.provider!), now) && !avoided.has(state.provider!);
    }),
  );
}

const BROKEN: SlotEvent = {
  type: "proposal-refused",
  cause: "Its provider did not take another shard that it had quoted for.",
};

const LAPSED: SlotEvent = { type: "quote-lapsed", cause: "Its quote ran out before it was proposed." };

function groupsOf(slots: readonly SlotRow[]): SlotRow[][] {
  const sent = Map.groupBy(slots, (slot) => slot.state.proposal);
  const unsent = sent.get(null) ?? [];
  sent.delete(null);
  return [...sent.values(), ...inBatches(unsent, DEALS_PER_PROPOSAL)];
}

function proposeGroup(context: Context, row: PackageRow, group: readonly SlotRow[]): Promise<void> {
  const deadlines = new Map<DealId, number>();
  return submitSlots(context, row, group, {
    async send(some) {
      const deals = some.map((slot) => slot.state.deal!);
      const id = submissionId("market:propose", deals);
      await applyToEach(context, row.id, some, () => ({ type: "proposing", proposal: id }));
      const mandate = mandateOf(row);
      const tree = shardTree(decodeDocument(await loadDocument(context.pool, row.id)));
      const result = await context.ledger.propose(
        { id },
        mandate.message,
        mandate.signature,
        some.map((slot) => slot.quote!),
        some.map((slot) => slot.quoteSignature!),
        some.map((slot) => tree.path(slot.piece, slot.shard)),
      );
      if (result.ok) {
        const record = await context.ledger.deal(deals[0]!);
        const deadline = record?.deadline ?? context.chainNow() + context.deployment.proposalSeconds;
        for (const deal of deals) deadlines.set(deal, deadline);
      }
      return result;
    },
    taken: (slot) => ({ type: "proposed", deadline: deadlines.get(slot.state.deal!)! }),
    isOpen: (record) => record === undefined || record.state === "NONE",
    decided: decisionOf,
    refused: (slot, refusal) => refusalOf(context, slot, refusal),
  });
}

/** Reverts of StorageDeals.propose that say that the owner's money does not reach. */
const UNAFFORDABLE: ReadonlyMap<string, { cause: string; next: string }> = new Map([
  [
    "EscrowLimit",
    {
      cause: "The providers that are left ask for more than the owner agreed to lock.",
      next: "Wait for a cheaper provider, or remove the package and put the folder again.",
    },
  ],
  [
    "AboveCeiling",
    {
      cause: "The provider asks for more than the owner agreed to pay.",
      next: "Wait for a cheaper provider, or remove the package and put the folder again.",
    },
  ],
  [
    "ReserveTooSmall",
    {
      cause: "The package's repair reserve does not reach for another provider.",
      next: "Wait for a cheaper provider or for refunds of failed deals, or put the folder again with a larger reserve.",
    },
  ],
]);

/** What the contract's refusal of one quote means to its slot. Its provider is passed over only where another one may do better. */
function refusalOf(context: Context, slot: SlotRow, { message, details }: CairnError): SlotEvent {
  const { error, args } = details as { error?: string; args?: Record<string, string> };
  const cause = `The contract refused the proposal: ${message}`;
  const next = "It will be tried again.";
  const unaffordable = UNAFFORDABLE.get(String(error));
  if (unaffordable) return { type: "unaffordable", ...unaffordable };
  if (error === undefined) return { type: "proposal-put-off", cause, next, retrySeconds: RETRY_SECONDS };
  if (error === "SlotPaused") {
    const now = context.chainNow();
    const left = periodStart(periodAt(now, context.deployment) + 1, context.deployment) - now;
    return { type: "proposal-put-off", cause, next, retrySeconds: Math.min(left, LONGEST_PAUSE_SECONDS) };
  }
  // The mandate's own expiry is another one.
  if (error === "SignatureExpired" && args?.expiry === slot.quote?.expiry.toString()) return LAPSED;
  return { type: "proposal-refused", cause };
}
