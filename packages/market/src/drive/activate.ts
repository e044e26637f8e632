import { submissionId } from "@cairn/chain";
import { faultOf, type SlotEvent } from "@cairn/core";
import { asCairnError, type Hex, PERIOD_CHALLENGES } from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import { awaitReturn } from "../candidates.ts";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import { applyToEach, blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { decisionOf, readDeals } from "./read-deals.ts";
import { noteLapse } from "./store-shard.ts";
import { submitSlots } from "./submit-slots.ts";
import { weighFailure } from "./weigh-failure.ts";

const PROVE_TIMEOUT_SECONDS = 60;
/** After the contract refused a deal that it still has as PROPOSED: another seed may do. */
const RETRY_SECONDS = 3;

interface Attested extends SlotRow {
  proofHash: Hex;
  signatures: Hex[];
}

/** The first proof of received shards, under the hash of a block after their receipts, attested by the verifiers: the deals become ACTIVE. */
export async function activateSlots(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const ready = await receiptsBehind(context, row, slots, signal);
    if (ready.length === 0) return;
    const head = await context.ledger.latest();
    const seed = await context.ledger.blockHash(head.number);
    const attested = (await Promise.all(ready.map((slot) => attestSlot(context, row, slot, seed, signal)))).filter(
      (one) => one !== undefined,
    );
    if (attested.length > 0) await activate(context, row, seed, attested);
  } catch (error) {
    if (signal.aborted) return;
    await applyToEach(context, row.id, slots, () => blockedBy(error, 5));
  }
}

/**
 * Slots whose receipt lies in a block before the newest; those that the chain has decided are settled here. The newest block will do: were it
 * replaced, the contract would refuse its hash and a later one be taken.
 */
async function receiptsBehind(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  signal: AbortSignal,
): Promise<SlotRow[]> {
  const records = await readDeals(context, slots);
  const decided = slots.filter((slot) => records.get(slot.state.deal!)?.state !== "PROPOSED");
  await applyToEach(context, row.id, decided, (slot) => decisionOf(slot, records.get(slot.state.deal!)));
  const open = slots.filter((slot) => !decided.includes(slot));
  const receipts = Math.max(0, ...open.map((slot) => records.get(slot.state.deal!)!.receiptBlock));
  while (open.length > 0 && (await context.ledger.latest()).number <= receipts) {
    await context.ledger.nextBlock(receipts, signal);
    signal.throwIfAborted();
  }
  return open;
}

async function attestSlot(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  seed: Hex,
  signal: AbortSignal,
): Promise<Attested | undefined> {
  const deal = slot.state.deal!;
  const askedAt = context.chainNow();
  let event: SlotEvent;
  try {
    await awaitReturn(context, slot.state.provider!, signal);
    const answer = await context.transport.request(
      slot.state.provider!,
      { type: "prove", deal, purpose: "activation", period: 0, seed, leaves: PERIOD_CHALLENGES },
      { timeoutSeconds: PROVE_TIMEOUT_SECONDS, signal },
    );
    const proof = Buffer.from(answer.proof, "base64");
    const signatures = await context.attest(deal, seed, proof, answer.signature);
    return { ...slot, proofHash: sha256Hex(proof), signatures };
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, message } = asCairnError(error);
    // Too few verifiers or a stopping gateway are nobody's fault; everything else is the provider's answer, or its absence.
    const theirs = faultOf(error) !== "ours";
    const lied = code === "wrong-proof";
    const needed = Math.min(PROVE_TIMEOUT_SECONDS, context.deployment.proposalSeconds / 2);
    const inTime = slot.state.deadline === null || askedAt + needed < slot.state.deadline;
    // Whoever was asked at the very end only may let the proposal lapse.
    event =
      theirs && (inTime || lied)
        ? await weighFailure(
            context,
            slot,
            {
              ...{ type: "provider-failed", cause: `Its first proof was not accepted: ${message}` },
              ...{ hopeless: lied, never: lied, breach: lied ? "refused" : "failed" },
            },
            { code, askedAt, timeoutSeconds: PROVE_TIMEOUT_SECONDS },
          )
        : blockedBy(error, 5);
  }
  const [after] = await applyToEach(context, row.id, [slot], () => event);
  if (event.type === "provider-failed" && after?.state.deal !== slot.state.deal) await noteLapse(context, slot);
  return undefined;
}

function activate(context: Context, row: PackageRow, seed: Hex, attested: readonly Attested[]): Promise<void> {
  return submitSlots(context, row, attested, {
    send: (some) => {
      const deals = some.map((slot) => slot.state.deal!);
      return context.ledger.activate(
        { id: submissionId("market:activate", deals, seed) },
        deals,
        seed,
        some.map(({ proofHash }) => proofHash),
        some.map(({ signatures }) => signatures),
      );
    },
    taken: (slot) => ({ type: "chain", deal: slot.state.deal!, state: "ACTIVE" }),
    isOpen: (record) => record === undefined || record.state === "PROPOSED",
    decided: (slot, record) => decisionOf(slot, record),
    refused: (_, refusal) => blockedBy(refusal, RETRY_SECONDS),
  });
}
