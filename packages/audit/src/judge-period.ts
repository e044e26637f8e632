import type { DealId, VerdictLeaf } from "@cairn/core";
import { isScheduled, type PeriodClock } from "@cairn/core";

/** Silence counts over this many scheduled periods … */
export const SILENCE_WINDOW = 24;
/** … and is a fault from this many misses on (deals-and-proofs, 4). */
const SILENCE_STRIKES = 2;

/** What the verifiers know of one deal in one period; a deal without an outcome was silent. */
export type Outcome = "proved" | "chain" | "wrong" | "damaged";

/** One ACTIVE deal, as the finalised chain has it. */
export interface JudgedDeal {
  deal: DealId;
  /** Deals of one piece share it: silence weighs more when few of its shards live. */
  piece: string;
  k: number;
  duty: bigint;
  receiptPeriod: number;
  /** Last period that the deal pays for. */
  lastPeriod: number;
}

/** The running count of one deal over finalised periods. */
export interface Tally {
  fulfilled: number;
  committed: number;
  /** Scheduled periods in which nothing came, newest last. */
  missed: number[];
  /** Scheduled periods seen so far, newest last, at most SILENCE_WINDOW of them. */
  recent: number[];
}

export const EMPTY_TALLY: Tally = { fulfilled: 0, committed: 0, missed: [], recent: [] };

export interface Judgement {
  leaf: VerdictLeaf;
  tally: Tally;
  /** `unheard`: nothing came while the verifiers were away themselves. */
  outcome: Outcome | "silent" | "unheard" | "off-duty";
}

const VERDICT = { ok: 0, missed: 1, fault: 2 };

/**
 * The verdict leaves of one period, in deal-id order: pure, so that every honest verifier that holds the same outcomes computes
 * the same root. Periods proved on chain are left out of the counts (docs/protocol.md, 2). With `attended` false nobody was there to take
 * answers: silence then neither pays nor faults.
 */
export function judgePeriod(
  period: number,
  deals: readonly JudgedDeal[],
  tallies: ReadonlyMap<DealId, Tally>,
  outcomes: ReadonlyMap<DealId, Outcome>,
  clock: PeriodClock,
  attended = true,
): Judgement[] {
  const scheduled = (deal: JudgedDeal) =>
    period <= deal.lastPeriod && isScheduled(period, deal.duty, deal.receiptPeriod, clock);
  const live = new Map<string, number>();
  for (const deal of deals) {
    const outcome = outcomes.get(deal.deal);
    const answered = outcome === "proved" || outcome === "chain" || !scheduled(deal);
    if (answered) live.set(deal.piece, (live.get(deal.piece) ?? 0) + 1);
  }
  const judge = (deal: JudgedDeal): Judgement => {
    const tally = tallies.get(deal.deal) ?? EMPTY_TALLY;
    const outcome = outcomes.get(deal.deal);
    if (!scheduled(deal)) {
      return { leaf: leafOf(deal.deal, period, tally, VERDICT.ok, 0, 0), tally, outcome: "off-duty" };
    }
    if (outcome === undefined && !attended) {
      return { leaf: leafOf(deal.deal, period, tally, VERDICT.ok, 0, 0), tally, outcome: "unheard" };
    }
    const recent = [...tally.recent, period].slice(-SILENCE_WINDOW);
    const oldest = recent[0] ?? period;
    const missed = tally.missed.filter((at) => at >= oldest);
    if (outcome === undefined) missed.push(period);
    const next: Tally = {
      fulfilled: tally.fulfilled + (outcome === "proved" ? 1 : 0),
      committed: tally.committed + (outcome === "chain" ? 0 : 1),
      missed,
      recent,
    };
    if (outcome === "wrong") {
      return { leaf: leafOf(deal.deal, period, next, VERDICT.fault, period, period), tally: next, outcome };
    }
    if (outcome === undefined) {
      const scarce = (live.get(deal.piece) ?? 0) <= deal.k;
      if (missed.length >= (scarce ? 1 : SILENCE_STRIKES)) {
        const first = missed.length > 1 ? missed[missed.length - 2] : period;
        return {
          leaf: leafOf(deal.deal, period, next, VERDICT.fault, first ?? period, period),
          tally: next,
          outcome: "silent",
        };
      }
    }
    const verdict = outcome === "proved" || outcome === "chain" ? VERDICT.ok : VERDICT.missed;
    return { leaf: leafOf(deal.deal, period, next, verdict, 0, 0), tally: next, outcome: outcome ?? "silent" };
  };
  return [...deals].sort((a, b) => (a.deal < b.deal ? -1 : a.deal > b.deal ? 1 : 0)).map(judge);
}

function leafOf(
  deal: DealId,
  period: number,
  tally: Tally,
  verdict: number,
  faultA: number,
  faultB: number,
): VerdictLeaf {
  return { deal, period, fulfilled: tally.fulfilled, committed: tally.committed, verdict, faultA, faultB };
}
