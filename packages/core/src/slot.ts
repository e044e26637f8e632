import type { Address, DealId, DealState, Seconds } from "@cairn/protocol";
import type { BreachKind } from "./distrust.ts";

/**
 * One shard's way to a provider: EMPTY (nobody has it) → QUOTED (a provider has signed) → PROPOSED (escrow is locked) → RECEIPTED (the
 * provider has it and has signed) → ACTIVE (proved for the first time); ENDED when its deal ran out or was ended by the owner.
 */
export type SlotPhase = "EMPTY" | "QUOTED" | "PROPOSED" | "RECEIPTED" | "ACTIVE" | "ENDED";

export interface Avoided {
  provider: Address;
  /** null: never again for this shard. */
  until: Seconds | null;
}

export interface SlotState {
  phase: SlotPhase;
  provider: Address | null;
  deal: DealId | null;
  quoteExpiry: Seconds | null;
  /** Submission that carries the quote; set before it is sent, so that a crash never sends another. */
  proposal: string | null;
  /** When the proposal lapses on chain. */
  deadline: Seconds | null;
  /** RECEIPTED: the receipt stands on chain. */
  recorded: boolean;
  /** The deal is to be cancelled on chain and the shard given to another. */
  withdrawing: boolean;
  /** Failures in a row in this phase. */
  failures: number;
  /** Where the shard's bytes can be had: the spooled piece, a rebuilt file, or nowhere (it must be rebuilt first). */
  source: "spool" | "rebuilt" | "none";
  /** ACTIVE: the provider's copy is damaged and is to be rewritten. */
  healing: boolean;
  /**
   * ACTIVE: a rebuilt copy is kept here while the holder is silent and few others live, refuses to be read, or does not let its damaged copy be
   * rewritten.
   */
  spare: "silent" | "refuses" | "unhealed" | null;
  avoided: readonly Avoided[];
  /** Nothing is done before. */
  dueAt: Seconds;
  cause: string | null;
  next: string | null;
}

export type SlotEvent =
  | { type: "quoted"; provider: Address; deal: DealId; expiry: Seconds }
  /** No provider took it. */
  | { type: "quote-failed"; cause: string; next: string | null }
  | { type: "proposing"; proposal: string }
  | { type: "proposed"; deadline: Seconds }
  /** The chain refused the proposal of this quote by itself. */
  | { type: "proposal-refused"; cause: string }
  /** The chain does not take the proposal now, which is nobody's fault: the quote may be proposed again later, and may run out meanwhile. */
  | { type: "proposal-put-off"; cause: string; next: string; retrySeconds: number }
  /** The mandate or the reserve does not reach for this quote. */
  | { type: "unaffordable"; cause: string; next: string }
  /** The quote was not proposed and cannot be any more. */
  | { type: "quote-lapsed"; cause: string }
  | { type: "received" }
  | { type: "receipt-recorded" }
  /** The provider is at fault: it answered wrongly, refused, or was silent; `never`: it lied, and is not asked for this shard again;
   * `breach`: how it broke the promise of its quote, should the proposal be given up for it (distrust.ts). */
  | { type: "provider-failed"; cause: string; hopeless: boolean; never?: boolean; breach?: BreachKind }
  /** Something else is: the chain, the funds, too few verifiers, too few shards. */
  | { type: "blocked"; cause: string; next: string | null; retrySeconds: number }
  /** The holder signed a wrong proof or hands out wrong bytes: once its deal has failed it is not asked for this shard again. */
  | { type: "provider-lied"; deal: DealId }
  | { type: "chain"; deal: DealId; state: DealState; deadline?: Seconds }
  | { type: "heal-requested"; cause: string }
  /** The holder did not take the rewritten copy. */
  | { type: "heal-failed"; cause: string }
  | { type: "healed" }
  /** The holder may be lost, or holds the shard back: a copy is to be at hand. Who refuses reads gets this shard never again. */
  | { type: "spare-wanted"; why: "silent" | "refuses"; cause: string }
  | { type: "spare-dropped" }
  | { type: "source-ready" }
  /** The spooled piece or rebuilt file is gone. */
  | { type: "source-gone" }
  /** The package's time is over: an EMPTY slot is not filled any more. */
  | { type: "term-over" }
  | { type: "resume" };

export type SlotCommand =
  | "rebuild"
  | "quote"
  | "propose"
  | "store"
  | "record-receipt"
  | "activate"
  | "cancel"
  | "heal"
  | "drop-source";

/** A provider that failed this often in one phase is replaced. */
export const MAX_FAILURES = 2;
/** How long a provider that failed is passed over for the same shard, unless nobody else is left. */
const AVOID_SECONDS = 600;
const FIRST_HEAL_PAUSE_SECONDS = 10;
/** A provider that let a heal fail this often in a row broke its word (distrust.ts) … */
export const HEALS_BROKEN = 3;
/** … and one that did this often, over five minutes at least, gets nothing new and never this shard again. */
const HEALS_SPARED = 6;
const LONGEST_QUOTE_PAUSE_SECONDS = 60;
/** Each new quote reserves space at a provider: not too often while the money does not reach. */
const UNAFFORDABLE_SECONDS = 300;
/** A quote is not proposed, and a shard not stored, in the last seconds of its term. */
const MARGIN_SECONDS = 5;
/** No step of a slot is put off for longer. */
export const LONGEST_PAUSE_SECONDS = 600;

export function emptySlot(source: SlotState["source"]): SlotState {
  return {
    phase: "EMPTY",
    provider: null,
    deal: null,
    quoteExpiry: null,
    proposal: null,
    deadline: null,
    recorded: false,
    withdrawing: false,
    failures: 0,
    source,
    healing: false,
    spare: null,
    avoided: [],
    dueAt: 0,
    cause: null,
    next: null,
  };
}

/** What is to be done now, if anything; doing it twice does no harm. `chainNow`: the time by which the contracts judge deadlines. */
export function slotCommand(slot: SlotState, now: Seconds, chainNow: Seconds = now): SlotCommand | undefined {
  // What is due later than any pause lasts was put off by a clock that has been set back since.
  if (slot.dueAt > now && slot.dueAt <= now + LONGEST_PAUSE_SECONDS) return undefined;
  const rebuildFirst = slot.source === "none";
  switch (slot.phase) {
    case "EMPTY":
      return rebuildFirst ? "rebuild" : "quote";
    case "QUOTED":
      return "propose";
    case "PROPOSED":
      if (slot.withdrawing || pastDeadline(slot, chainNow)) return "cancel";
      return rebuildFirst ? "rebuild" : "store";
    case "RECEIPTED":
      if (slot.withdrawing) return "cancel";
      return slot.recorded ? "activate" : "record-receipt";
    case "ACTIVE":
      if (slot.healing) return rebuildFirst ? "rebuild" : "heal";
      if (slot.spare !== null) return rebuildFirst ? "rebuild" : undefined;
      return slot.source === "rebuilt" ? "drop-source" : undefined;
    case "ENDED":
      return slot.source === "rebuilt" ? "drop-source" : undefined;
  }
}

/** Whether the quote in hand may still be sent to the chain. */
export function quoteUsable(slot: SlotState, now: Seconds): boolean {
  return slot.phase === "QUOTED" && (slot.proposal !== null || now + MARGIN_SECONDS < (slot.quoteExpiry ?? 0));
}

/** Providers that are not to get this shard: never, or not now while others will do. */
export function avoidedNow(slot: SlotState, now: Seconds): { never: Set<Address>; rather: Set<Address> } {
  const of = (test: (a: Avoided) => boolean) => new Set(slot.avoided.filter(test).map((a) => a.provider));
  return { never: of((a) => a.until === null), rather: of((a) => a.until !== null && a.until > now) };
}

/** The slot after an event. Events that do not fit the phase (late, repeated) change nothing. Pure. */
export function stepSlot(slot: SlotState, event: SlotEvent, now: Seconds): SlotState {
  switch (event.type) {
    case "quoted":
      if (slot.phase !== "EMPTY") return slot;
      return {
        ...settled(slot),
        phase: "QUOTED",
        provider: event.provider,
        deal: event.deal,
        quoteExpiry: event.expiry,
        proposal: null,
      };
    case "quote-failed":
      if (slot.phase !== "EMPTY") return slot;
      return paused(slot, event.cause, event.next, now);
    case "proposing":
      return slot.phase === "QUOTED" ? { ...slot, proposal: event.proposal } : slot;
    case "proposed":
      if (slot.phase !== "QUOTED") return slot;
      return { ...settled(slot), phase: "PROPOSED", deadline: event.deadline };
    case "proposal-refused":
      if (slot.phase !== "QUOTED") return slot;
      return released(slot, event.cause, "Another provider is being asked.", now, now + AVOID_SECONDS);
    case "proposal-put-off":
      if (slot.phase !== "QUOTED") return slot;
      return { ...slot, proposal: null, dueAt: now + event.retrySeconds, cause: event.cause, next: event.next };
    case "unaffordable":
      if (slot.phase !== "QUOTED") return slot;
      return {
        ...released(slot, event.cause, event.next, now, now + AVOID_SECONDS),
        dueAt: now + UNAFFORDABLE_SECONDS,
      };
    case "quote-lapsed":
      if (slot.phase !== "QUOTED") return slot;
      return { ...vacated(slot), dueAt: now, cause: event.cause, next: null };
    case "received":
      if (slot.phase !== "PROPOSED") return slot;
      return { ...settled(slot), phase: "RECEIPTED", recorded: false, withdrawing: slot.withdrawing };
    case "receipt-recorded":
      return slot.phase === "RECEIPTED" ? { ...settled(slot), recorded: true, withdrawing: slot.withdrawing } : slot;
    case "provider-failed":
      return providerFailed(slot, event, now);
    case "blocked":
      return { ...slot, dueAt: now + event.retrySeconds, cause: event.cause, next: event.next };
    case "provider-lied":
      if (event.deal !== slot.deal || slot.provider === null) return slot;
      return { ...slot, avoided: avoid(slot, slot.provider, null, now) };
    case "chain":
      return event.deal === slot.deal ? onChain(slot, event.state, event.deadline, now) : slot;
    case "heal-requested":
      if (slot.phase !== "ACTIVE" || slot.healing) return slot;
      return { ...slot, healing: true, failures: 0, dueAt: now, cause: event.cause, next: "It is being rewritten." };
    case "heal-failed":
      return slot.phase === "ACTIVE" && slot.healing ? healLater(slot, event.cause, now) : slot;
    case "healed":
      if (slot.phase !== "ACTIVE") return slot;
      return { ...settled(slot), healing: false, spare: slot.spare === "unhealed" ? null : slot.spare };
    case "spare-wanted":
      return slot.phase === "ACTIVE" ? withSpare(slot, event.why, event.cause, now) : slot;
    case "spare-dropped":
      // Whoever is heard or read again has not taken its damaged copy's cure yet.
      if (slot.spare === null || slot.spare === "unhealed") return slot;
      return slot.healing ? { ...slot, spare: null } : { ...settled(slot), spare: null };
    case "source-ready":
      return { ...slot, source: "rebuilt", failures: slot.healing ? slot.failures : 0, dueAt: now };
    case "source-gone":
      return slot.source === "none" ? slot : { ...slot, source: "none" };
    case "term-over":
      return slot.phase === "EMPTY" ? { ...settled(slot), phase: "ENDED" } : slot;
    case "resume":
      // What failed stays failed: a heal that hung is not urgent again, and no provider's failure is forgotten.
      return waitsForMoney(slot, now) ? slot : { ...slot, dueAt: Math.min(slot.dueAt, now) };
  }
}

/** After a quote that the money did not reach for: no other pause before a quote is longer than a minute. */
function waitsForMoney(slot: SlotState, now: Seconds): boolean {
  return slot.phase === "EMPTY" && slot.source !== "none" && slot.dueAt > now + LONGEST_QUOTE_PAUSE_SECONDS;
}

/** The proposal lapses now, or so soon that nothing can be stored under it. */
export function pastDeadline(slot: SlotState, now: Seconds): boolean {
  return slot.deadline !== null && now + MARGIN_SECONDS >= slot.deadline;
}

function settled(slot: SlotState): SlotState {
  return { ...slot, failures: 0, withdrawing: false, dueAt: 0, cause: null, next: null };
}

function paused(slot: SlotState, cause: string, next: string | null, now: Seconds): SlotState {
  const failures = slot.failures + 1;
  return {
    ...slot,
    failures,
    dueAt: now + Math.min(LONGEST_QUOTE_PAUSE_SECONDS, 2 ** Math.min(failures, 6)),
    cause,
    next,
  };
}

/** A heal that failed is tried again after a pause that doubles up to ten minutes: a provider that lets its heals hang holds up few others. */
function healLater(slot: SlotState, cause: string, now: Seconds): SlotState {
  const failures = slot.failures + 1;
  const pause = Math.min(LONGEST_PAUSE_SECONDS, FIRST_HEAL_PAUSE_SECONDS * 2 ** Math.min(slot.failures, 10));
  const later = { ...slot, failures, dueAt: now + pause, cause, next: "It is tried again, more rarely each time." };
  if (failures < HEALS_SPARED || slot.spare === "refuses" || slot.spare === "unhealed") return later;
  const avoided = slot.provider === null ? slot.avoided : avoid(slot, slot.provider, null, now);
  return { ...later, spare: "unhealed", avoided };
}

/** The slot without its deal; the shard's source and what was learnt of providers stay. */
function vacated(slot: SlotState): SlotState {
  return { ...emptySlot(slot.source), avoided: slot.avoided };
}

function released(slot: SlotState, cause: string, next: string, now: Seconds, until: Seconds | null): SlotState {
  const avoided = slot.provider === null ? slot.avoided : avoid(slot, slot.provider, until, now);
  return { ...vacated(slot), avoided, dueAt: now, cause, next };
}

function avoid(slot: SlotState, provider: Address, until: Seconds | null, now: Seconds): Avoided[] {
  const known = slot.avoided.find((a) => a.provider === provider);
  const others = slot.avoided.filter((a) => a.provider !== provider && (a.until === null || a.until > now));
  return [...others, { provider, until: known?.until === null ? null : until }];
}

function withSpare(slot: SlotState, why: "silent" | "refuses", cause: string, now: Seconds): SlotState {
  if (slot.spare === why || slot.spare === "refuses" || (slot.spare === "unhealed" && why === "silent")) return slot;
  const never = why === "refuses" && slot.provider !== null;
  return {
    ...slot,
    spare: why,
    avoided: never ? avoid(slot, slot.provider!, null, now) : slot.avoided,
    // A heal that goes on has its own pauses, which nobody shortens by falling silent.
    ...(slot.healing ? {} : { failures: 0, dueAt: now }),
    cause,
    next: "A copy is rebuilt and kept at the gateway until the provider serves the shard again or another holds it.",
  };
}

function providerFailed(
  slot: SlotState,
  { cause, hopeless, never }: { cause: string; hopeless: boolean; never?: boolean },
  now: Seconds,
): SlotState {
  if (slot.phase === "ACTIVE") return { ...paused(slot, cause, "It will be tried again.", now) };
  if (slot.phase !== "PROPOSED" && slot.phase !== "RECEIPTED") return slot;
  const tried = paused(slot, cause, "It will be tried again.", now);
  if (!hopeless && tried.failures < MAX_FAILURES) return tried;
  return {
    ...tried,
    avoided: never && slot.provider !== null ? avoid(slot, slot.provider, null, now) : slot.avoided,
    withdrawing: true,
    dueAt: now,
    next: "The proposal is being withdrawn and another provider asked.",
  };
}

function causeOfEnd(slot: SlotState, state: "CANCELLED" | "EXPIRED", now: Seconds): string {
  return state === "CANCELLED" && !slot.withdrawing && !pastDeadline(slot, now)
    ? "The proposal was withdrawn on chain."
    : "The provider did not take the shard in time.";
}

function onChain(slot: SlotState, state: DealState, deadline: Seconds | undefined, now: Seconds): SlotState {
  const live = slot.phase === "QUOTED" || slot.phase === "PROPOSED" || slot.phase === "RECEIPTED";
  switch (state) {
    case "PROPOSED":
      return slot.phase === "QUOTED" && deadline !== undefined
        ? stepSlot(slot, { type: "proposed", deadline }, now)
        : slot;
    case "ACTIVE":
      return slot.phase === "RECEIPTED" || slot.phase === "PROPOSED" ? { ...settled(slot), phase: "ACTIVE" } : slot;
    case "CANCELLED":
    case "EXPIRED":
      if (!live) return slot;
      return released(
        slot,
        slot.cause ?? causeOfEnd(slot, state, now),
        "Another provider is being asked.",
        now,
        now + AVOID_SECONDS,
      );
    case "FAILED":
      if (!live && slot.phase !== "ACTIVE") return slot;
      return released(
        slot,
        "The verifiers found its provider at fault.",
        "It is being rebuilt on another provider.",
        now,
        now + AVOID_SECONDS,
      );
    case "COMPLETED":
      if (slot.phase === "ENDED") return slot;
      return { ...settled(slot), phase: "ENDED", healing: false };
    case "NONE":
      return slot;
  }
}
