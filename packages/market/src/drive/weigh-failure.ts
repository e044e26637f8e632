import type { SlotEvent } from "@cairn/core";
import type { Seconds } from "@cairn/protocol";
import type { Context } from "../context.ts";
import { blockedBy } from "../slot-events.ts";
import type { SlotRow } from "../slot-rows.ts";
import { decisionOf } from "./read-deals.ts";

type ProviderFailed = Extract<SlotEvent, { type: "provider-failed" }>;

interface FailedRequest {
  /** Of the error that the request ended with. */
  code: string;
  /** The chain's time at which the request was sent. */
  askedAt: Seconds;
  /** How long its provider may take. */
  timeoutSeconds: Seconds;
}

/**
 * How long a provider's chain node may be behind ours: until then it may say truthfully that a proposal is not there. It waits 20 s itself
 * (answer-store.ts); a node of its operator's choosing may be some blocks of a slow chain behind. A choice, and a quarter of the proposal's time at most.
 */
const LAG_SECONDS = 120;
const RETRY_SECONDS = 10;

/**
 * What a provider's failure means, by what the chain has of the deal now. A proposal that was withdrawn, by its owner say, is nobody's broken
 * promise. A provider's word that the deal is not on chain is believed for as long as its node may lag; later it counts as a failure, never as
 * a refusal. A proposal that ran out is the provider's failure only where it was asked early enough to store the
 * shard, or in the first half of the proposal's time. A lie (`never`) is signed and needs no chain.
 */
export async function weighFailure(
  { ledger, deployment, chainNow }: Pick<Context, "ledger" | "deployment" | "chainNow">,
  slot: SlotRow,
  failed: ProviderFailed,
  { code, askedAt, timeoutSeconds }: FailedRequest,
): Promise<SlotEvent> {
  if (failed.never === true) return failed;
  try {
    const record = await ledger.deal(slot.state.deal!);
    const ranOut = record?.state === "EXPIRED" || (record?.state === "PROPOSED" && chainNow() >= record.deadline);
    const needed = Math.min(timeoutSeconds, deployment.proposalSeconds / 2);
    if (ranOut && askedAt + needed < record.deadline) return { ...failed, breach: "failed" };
    if (record?.state !== "PROPOSED") return decisionOf(slot, record);
    if (ranOut) return { type: "blocked", cause: "The proposal ran out.", next: "It is withdrawn.", retrySeconds: 1 };
    if (code !== "not-reserved" && code !== "unknown-deal") return failed;
    const proposedAt = record.deadline - deployment.proposalSeconds;
    const lag = Math.min(LAG_SECONDS, deployment.proposalSeconds / 4);
    if (proposedAt + lag <= chainNow()) return { ...failed, breach: "failed" };
    const cause = `The provider's chain node may be behind. ${failed.cause}`;
    return { type: "blocked", cause, next: "It will be asked again.", retrySeconds: RETRY_SECONDS };
  } catch (error) {
    return blockedBy(error, RETRY_SECONDS);
  }
}
