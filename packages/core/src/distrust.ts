import type { Address, Seconds } from "@cairn/protocol";
import { HEALS_BROKEN, pastDeadline, type SlotEvent, type SlotState } from "./slot.ts";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/**
 * How a provider broke the promise that its quote is, once the quote was proposed on chain. `refused`: it answered that it will not store
 * the shard, or with a lie; `failed`: it did not answer, could not get the bytes, or the proposal lapsed; `full`: it says that it has no room;
 * `unhealed`: later, it did not let its damaged copy be rewritten, several times in a row.
 */
export type BreachKind = "refused" | "failed" | "full" | "unhealed";

export interface Breach {
  provider: Address;
  kind: BreachKind;
  /** Time of the chain at which the broken proposal was made. */
  proposedAt: Seconds;
  /** Length of the shard that was proposed. */
  bytes: number;
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
  /** Bytes of the shards of all breaches since nothing was held against it. */
  owed: number;
  /** Bytes that it took and proved since the level changed last. */
  kept: number;
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
/** A provider's breaches are forgiven this often until nothing is held against it: those who refuse together gain no more. */
const FORGIVEN = 2;
/** What was not repeated for so long is forgotten. */
export const REMEMBERED_SECONDS = 30 * DAY;

/** Whether the provider is to be left out of selection now. */
export function isBarred(known: Pick<Distrust, "until"> | undefined, now: Seconds): boolean {
  return known !== undefined && known.until > now;
}

/**
 * A provider's record after a breach. A proposal that was made before the newest breach was counted belongs to that breach: many shards that
 * are refused at once count once, with all their bytes. Pure.
 */
export function afterBreach(known: Distrust | undefined, breach: Omit<Breach, "provider">, now: Seconds): Distrust {
  const { kind, proposedAt, bytes } = breach;
  if (known !== undefined && proposedAt <= known.at) return { ...known, owed: known.owed + bytes };
  const before = known === undefined || known.at + REMEMBERED_SECONDS < now ? undefined : known;
  const was = before?.level ?? 0;
  const worse = Math.min(was + 1, BACK_OFF.length);
  const level =
    kind === "refused"
      ? Math.max(worse, FIRST_REFUSAL)
      : kind === "full"
        ? Math.max(was, Math.min(worse, WORST_FULL))
        : worse;
  const owed = (before?.owed ?? 0) + bytes;
  return { kind, level, at: now, until: now + BACK_OFF[level - 1]!, forgiven: before?.forgiven ?? 0, owed, kept: 0 };
}

/**
 * A provider's record once it kept a deal. The level falls by one where the deals that it kept since it changed last are of as many bytes as all
 * that it broke its word for: dust makes up for nothing. What it was proposed while it was left out, because others lacked, does not count.
 * Undefined once nothing is held against it any more. Pure.
 */
export function afterKept(
  known: Distrust,
  { proposedAt, bytes }: Pick<Breach, "proposedAt" | "bytes">,
): Distrust | undefined {
  if (proposedAt < known.until) return known;
  const kept = known.kept + bytes;
  if (kept < known.owed) return { ...known, kept };
  return known.level <= 1 ? undefined : { ...known, level: known.level - 1, kept: 0 };
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
 * receipt, `kept` where the deal is ACTIVE, `unhealed` where its heals failed often: all that it was asked in the time of a proposal count once. A proposal that ran out without one failed `store`, or one failed
 * first proof where a receipt was signed, was the gateway's own delay. `now` is the
 * chain's time, `bytes` the shard's length. Pure.
 */
export function promiseOf(
  before: SlotState,
  event: SlotEvent,
  after: SlotState,
  { proposalSeconds, now, bytes }: { proposalSeconds: Seconds; now: Seconds; bytes: number },
): (Omit<Breach, "kind"> & { outcome: BreachKind | "served" | "kept" }) | undefined {
  if (before.provider !== null && event.type === "heal-failed" && before.failures + 1 === HEALS_BROKEN) {
    const failed = after.phase === "ACTIVE" && after.failures === HEALS_BROKEN;
    return failed
      ? { provider: before.provider, proposedAt: now - proposalSeconds, bytes, outcome: "unhealed" }
      : undefined;
  }
  if (before.provider === null || before.deadline === null) return undefined;
  const about = { provider: before.provider, proposedAt: before.deadline - proposalSeconds, bytes };
  if (before.phase !== "PROPOSED" && before.phase !== "RECEIPTED") return undefined;
  if (after.phase === "ACTIVE") return { ...about, outcome: "kept" };
  if (before.phase === "PROPOSED" && after.phase === "RECEIPTED") return { ...about, outcome: "served" };
  if (before.withdrawing) return undefined;
  if (event.type === "provider-failed" && after.withdrawing) {
    return event.breach === undefined ? undefined : { ...about, outcome: event.breach };
  }
  const lapsed = before.failures > 0 && after.phase === "EMPTY" && pastDeadline(before, now);
  return lapsed ? { ...about, outcome: "failed" } : undefined;
}
