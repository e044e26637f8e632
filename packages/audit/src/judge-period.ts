import { isScheduled, type PeriodClock } from "@cairn/core";
import type { DealId, VerdictLeaf } from "@cairn/protocol";
import type { Weight } from "./weigh-silence.ts";

/** Silence counts over this many scheduled periods … */
export const SILENCE_WINDOW = 24;
/** … and is a fault from this many misses on (deals-and-proofs, 4) … */
const SILENCE_STRIKES = 2;
/** … which must also add up to this many seconds: a machine that stalls for ten seconds is still there. */
const SILENCE_SECONDS = 15;
/**
 * Damage that a provider owns up to is forgiven in this many periods of the window, and counts as a miss in each further one: time to rewrite a bad
 * sector, which the reports of two periods may be about …
 */
const DAMAGE_FORGIVEN = 3;
/** … and this many seconds at least, as far as the window reaches: a shard is rebuilt from others first. */
const HEAL_SECONDS = 60;
/** Shared silence is forgiven in at most this many periods of the window: providers that fall silent together gain no more. */
export const HELD_PERIODS = 3;

/**
 * A fault stands in the leaves of this many later periods, unless the deal has ended: the contract takes it from its newest root only, and
 * the leaf there pays what was proved meanwhile.
 */
const FAULT_PERIODS = 24;

/**
 * What the verifiers know of one deal in one period; a deal without an outcome was silent. `late`: proved after the deadline, so not paid,
 * but no silence.
 */
export type Outcome = "proved" | "chain" | "wrong" | "late" | "damaged";

/** One ACTIVE deal, as the finalised chain has it. */
export interface JudgedDeal {
  deal: DealId;
  duty: bigint;
  receiptPeriod: number;
  /** Last period that the deal pays for. */
  lastPeriod: number;
}

/** The running count of one deal over finalised periods. */
export interface Tally {
  fulfilled: number;
  committed: number;
  /** Scheduled periods in which nothing came, or damage once too often, newest last. */
  missed: number[];
  /** Scheduled periods in which nothing came and that was forgiven, newest last. */
  held: number[];
  /** Scheduled periods in which the provider owned up to damage, whether it proved besides or not, newest last. */
  damaged: number[];
  /** Scheduled periods seen so far, newest last, at most SILENCE_WINDOW of them. */
  recent: number[];
  /** The two periods of the newest fault, equal for a wrong proof; empty without one. */
  fault: number[];
}

export const EMPTY_TALLY: Tally = {
  ...{ fulfilled: 0, committed: 0 },
  ...{ missed: [], held: [], damaged: [], recent: [], fault: [] },
};

export interface Judgement {
  leaf: VerdictLeaf;
  tally: Tally;
  /** `unheard`: nothing came, and nothing shows that the verifiers would have heard it. `held`: nothing came from many at once. */
  outcome: Outcome | "silent" | "held" | "unheard" | "off-duty";
}

export const VERDICT = { ok: 0, missed: 1, fault: 2 };

/** Misses in a window that are a fault. */
export const silenceStrikes = ({ periodSeconds }: Pick<PeriodClock, "periodSeconds">): number =>
  Math.max(SILENCE_STRIKES, Math.ceil(SILENCE_SECONDS / periodSeconds));

/** Periods of a window in which damage is forgiven; together with the misses that are a fault they never are more than the window. */
export const damageForgiven = (clock: Pick<PeriodClock, "periodSeconds">): number =>
  Math.min(
    Math.max(DAMAGE_FORGIVEN, Math.ceil(HEAL_SECONDS / clock.periodSeconds)),
    SILENCE_WINDOW - silenceStrikes(clock),
  );

/**
 * The verdict leaves of one period, in deal-id order: pure, so that every honest verifier that holds the same outcomes computes
 * the same root. Periods proved on chain are left out of the counts (docs/protocol.md, 2). `silence` says whose silence it is
 * (weigh-silence.ts); where it is not the provider's it neither pays nor faults. `damaged` has the deals whose provider owned up to damage in
 * this period, whatever came besides: who proves what is left and lets nothing be rewritten is paid for some periods only.
 */
export function judgePeriod(
  period: number,
  deals: readonly JudgedDeal[],
  tallies: ReadonlyMap<DealId, Tally>,
  outcomes: ReadonlyMap<DealId, Outcome>,
  clock: PeriodClock,
  silence: Weight = "theirs",
  damaged: ReadonlySet<DealId> = new Set(),
): Judgement[] {
  const judge = (deal: JudgedDeal): Judgement => {
    const tally = tallies.get(deal.deal) ?? EMPTY_TALLY;
    const outcome = outcomes.get(deal.deal);
    const nothing = (why: Judgement["outcome"], next = tally): Judgement => ({
      leaf: leafOf(deal.deal, period, tally, VERDICT.ok),
      tally: next,
      outcome: why,
    });
    if (period > deal.lastPeriod || !isScheduled(period, deal.duty, deal.receiptPeriod, clock)) {
      return nothing("off-duty");
    }
    if (outcome === undefined && silence === "ours") return nothing("unheard");
    const recent = [...tally.recent, period].slice(-SILENCE_WINDOW);
    const oldest = recent[0] ?? period;
    const missed = tally.missed.filter((at) => at >= oldest);
    const held = tally.held.filter((at) => at >= oldest);
    const damage = tally.damaged.filter((at) => at >= oldest);
    if (outcome === undefined && silence === "shared" && held.length < HELD_PERIODS) {
      return nothing("held", { ...tally, missed, held: [...held, period], damaged: damage, recent });
    }
    if (outcome === "damaged" || (outcome !== undefined && damaged.has(deal.deal))) damage.push(period);
    // What was proved on chain counts whatever is voted, and a wrong proof is a fault anyway.
    const judgedByItself = outcome === undefined || outcome === "chain" || outcome === "wrong";
    const unhealed = !judgedByItself && damage.at(-1) === period && damage.length > damageForgiven(clock);
    const isMiss = outcome === undefined || unhealed;
    if (isMiss) missed.push(period);
    const next: Tally = {
      fulfilled: tally.fulfilled + (outcome === "proved" && !unhealed ? 1 : 0),
      committed: tally.committed + (outcome === "chain" ? 0 : 1),
      missed,
      held,
      damaged: damage,
      recent,
      fault: tally.fault,
    };
    if (outcome === "wrong") next.fault = [period, period];
    if (isMiss && missed.length >= silenceStrikes(clock)) next.fault = [missed.at(-2) ?? period, period];
    const came = unhealed ? "damaged" : (outcome ?? "silent");
    const verdict = came === "proved" || came === "chain" ? VERDICT.ok : VERDICT.missed;
    return { leaf: leafOf(deal.deal, period, next, verdict), tally: next, outcome: came };
  };
  return [...deals].sort((a, b) => (a.deal < b.deal ? -1 : a.deal > b.deal ? 1 : 0)).map(judge);
}

function leafOf(deal: DealId, period: number, tally: Tally, verdict: number): VerdictLeaf {
  const { fulfilled, committed, fault } = tally;
  const [faultA = 0, faultB = 0] = fault;
  if (fault.length === 0 || period - faultB > FAULT_PERIODS) {
    return { deal, period, fulfilled, committed, verdict, faultA: 0, faultB: 0 };
  }
  return { deal, period, fulfilled, committed, verdict: VERDICT.fault, faultA, faultB };
}
