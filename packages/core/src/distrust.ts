import type { Address, Seconds } from "@cairn/protocol";
import { pastDeadline, type SlotEvent, type SlotState } from "./slot.ts";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/**
 * How a provider broke the promise that its quote is, once the quote was proposed on chain. `refused`: it answered that it will not store
 * the shard, or with a lie; `failed`: it did not answer, could not get the bytes, or the proposal lapsed; `full`: it says that it has no room.
 */
export type BreachKind = "refused" | "failed" | "full";

export interface Breach {
  provider: Address;
  kind: BreachKind;
  /** Time of the chain at which the broken proposal was made. */
  proposedAt: Seconds;
}

/** What a gateway remembers of a provider's broken promises; times are the chain's. */
export interface Distrust {
  kind: BreachKind;
  /** How often in a row, and how badly: picks the back-off. */
  level: number;
  /** When the newest breach was counted. */
  at: Seconds;
  /** The provider is left out of selection until then. */
  until: Seconds;
  /** Breaches that were taken for a fault of the gateway's own. */
  forgiven: number;
}

/**
 * Back-off of each level. A choice: a refused reservation earns its provider one period's price at least, so that even of the shortest periods
 * (an hour on a real network) no more than one a back-off is earned; the longest one leaves a mended provider out for four days at most.
 */
const BACK_OFF: readonly Seconds[] = [10 * MINUTE, HOUR, 4 * HOUR, DAY, 4 * DAY];
/** Who refuses begins at an hour, and who fails or is full at ten minutes: that may happen to the honest. */
const FIRST_REFUSAL = 2;
/** Who is only ever full is left out for four hours at most. */
const WORST_FULL = 3;

/** Breaches of different providers within this time are weighed together. */
export const SHARED_SECONDS = 600;
/** Fewer providers than this never make a fault the gateway's own: two may well be one operator. */
const SHARED_PROVIDERS = 3;
/** A provider's breaches are forgiven this often until it keeps a deal: those who refuse together gain no more. */
const FORGIVEN = 2;
/** What was not repeated for so long is forgotten. */
export const REMEMBERED_SECONDS = 30 * DAY;

/** Whether the provider is to be left out of selection now. */
export function isBarred(known: Pick<Distrust, "until"> | undefined, now: Seconds): boolean {
  return known !== undefined && known.until > now;
}

/**
 * A provider's record after a breach. A proposal that was made before the newest breach was counted belongs to that breach: many shards that
 * are refused at once count once. Pure.
 */
export function afterBreach(known: Distrust | undefined, breach: Omit<Breach, "provider">, now: Seconds): Distrust {
  const { kind, proposedAt } = breach;
  if (known !== undefined && proposedAt <= known.at) return known;
  const before = known === undefined || known.at + REMEMBERED_SECONDS < now ? 0 : known.level;
  const worse = Math.min(before + 1, BACK_OFF.length);
  const level =
    kind === "refused"
      ? Math.max(worse, FIRST_REFUSAL)
      : kind === "full"
        ? Math.max(before, Math.min(worse, WORST_FULL))
        : worse;
  return { kind, level, at: now, until: now + BACK_OFF[level - 1]!, forgiven: known?.forgiven ?? 0 };
}

/** A deal that was proposed since the newest breach was kept: nothing is held against its provider any more. Pure. */
export function clearsDistrust(known: Distrust, proposedAt: Seconds): boolean {
  return proposedAt >= known.at;
}

/**
 * Whether what went wrong lately is a fault of the gateway's own: more than half of the providers that it had to do with in the last
 * `SHARED_SECONDS` broke their word, three at least. Pure.
 */
export function isOwnFault(breached: number, served: number): boolean {
  return breached >= SHARED_PROVIDERS && breached > served;
}

/** The record once its newest breach was found to be the gateway's own fault; unchanged when too many were forgiven already. Pure. */
export function forgive(known: Distrust, now: Seconds): Distrust {
  if (!isBarred(known, now) || known.forgiven >= FORGIVEN) return known;
  return { ...known, level: known.level - 1, until: now, forgiven: known.forgiven + 1 };
}

/**
 * What a slot's step says of its provider's word: `breach` where the proposal is given up for the provider's fault, `served` where it signed a
 * receipt, `kept` where the deal is ACTIVE. A proposal that ran out without one failed `store` was the gateway's own delay. `now` is the
 * chain's time. Pure.
 */
export function promiseOf(
  before: SlotState,
  event: SlotEvent,
  after: SlotState,
  { proposalSeconds, now }: { proposalSeconds: Seconds; now: Seconds },
): (Omit<Breach, "kind"> & { outcome: BreachKind | "served" | "kept" }) | undefined {
  if (before.provider === null || before.deadline === null) return undefined;
  const about = { provider: before.provider, proposedAt: before.deadline - proposalSeconds };
  if (before.phase !== "PROPOSED" && before.phase !== "RECEIPTED") return undefined;
  if (after.phase === "ACTIVE") return { ...about, outcome: "kept" };
  if (before.phase === "PROPOSED" && after.phase === "RECEIPTED") return { ...about, outcome: "served" };
  if (before.withdrawing) return undefined;
  if (event.type === "provider-failed" && after.withdrawing) {
    return event.breach === undefined ? undefined : { ...about, outcome: event.breach };
  }
  const lapsed =
    before.phase === "PROPOSED" && before.failures > 0 && after.phase === "EMPTY" && pastDeadline(before, now);
  return lapsed ? { ...about, outcome: "failed" } : undefined;
}
