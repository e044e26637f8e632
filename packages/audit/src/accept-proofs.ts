import { enqueue, inTransaction, type Queryable } from "@cairn/catalog";
import { answerDeadline, isScheduled, periodAt } from "@cairn/core";
import { claimOf, type PossessionVerdict, verifyPossessions } from "@cairn/proofs";
import { asCairnError, type DealId, type Hex, PERIOD_CHALLENGES, type Seconds, verifyTyped } from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import type * as wire from "@cairn/protocol/wire";
import { attendanceOf } from "./attendance.ts";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext, WorkingContext } from "./context.ts";
import type { Outcome } from "./judge-period.ts";
import { outcomeKey, recordOutcomes } from "./record-outcomes.ts";
import { tell } from "./tell.ts";

/** The answer of a period, as it came over the wire. */
export type PushedProof = Omit<wire.PushedProof, "purpose">;

export type ProofAnswer = { accepted: true } | { accepted: false; reason: string };

interface Candidate {
  index: number;
  deal: AuditedDeal;
  push: PushedProof;
  seed: Hex;
  proofHash: Hex;
}

export interface AcceptOptions {
  /** When the push's first byte came, in milliseconds of the clock's monotonic time; now unless set. What it waited for since is not its fault. */
  arrivedAt?: number;
  /** Waives the answer deadline, for the verifiers' own probe where the fault was theirs. */
  anyTime?: boolean;
}

/**
 * Verify pushed period proofs in one batch and record each outcome; anyone may deliver them, as the signature is the provider's.
 * A proof that is not signed by the deal's provider for this very period and seed is refused without record; a signed wrong one is
 * recorded as a fault and reported once; a right one that came too late is recorded as late, which is no silence; a repeat is harmless. One
 * answer per push, in order; throws only where chain or database fail.
 */
export async function acceptProofs(
  context: WorkingContext,
  pushes: readonly PushedProof[],
  options: AcceptOptions = {},
): Promise<ProofAnswer[]> {
  const answers: ProofAnswer[] = pushes.map(() => ({ accepted: false, reason: "unknown deal" }));
  const deals = await auditedDeals(context, { deals: [...new Set(pushes.map((push) => push.deal))] });
  const byId = new Map(deals.map((deal) => [deal.deal, deal]));
  const periods = [...new Set(pushes.map((push) => push.period))];
  const seeds = await seedsOf(context, periods);
  const now = await arrivalTime(context, options.arrivedAt);
  const tooLate = options.anyTime === true ? new Set<number>() : await periodsOver(context, [...seeds.keys()], now);

  const candidates: Candidate[] = [];
  pushes.forEach((push, index) => {
    const deal = byId.get(push.deal);
    if (deal === undefined) return;
    const seed = seeds.get(push.period);
    const refusal = refuse(context, deal, push, seed);
    if (refusal !== undefined || seed === undefined) {
      answers[index] = { accepted: false, reason: refusal ?? NO_SEED };
      return;
    }
    candidates.push({ index, deal, push, seed, proofHash: sha256Hex(push.proof) });
  });

  const results = verifyPossessions(
    candidates.map(({ deal, push: { period, proof }, seed }) => {
      const { chainId } = context.deployment;
      const subject = { purpose: "period" as const, seed, chainId, deal: deal.deal, provider: deal.provider, period };
      return claimOf(deal, subject, PERIOD_CHALLENGES, proof);
    }),
  );
  const verdicts = candidates.map((candidate, i) => ({ ...candidate, wrong: reasonOf(results[i]) }));
  const outcomes = verdicts.map(({ push, proofHash, wrong }) => ({
    deal: push.deal,
    period: push.period,
    outcome: wrong !== null ? ("wrong" as const) : tooLate.has(push.period) ? ("late" as const) : ("proved" as const),
    reason: wrong,
    proofHash,
    signature: push.signature,
  }));
  const changed = await inTransaction(context.pool, async (client) => {
    const recorded = await recordOutcomes(client, outcomes, now);
    const told = new Set<string>();
    for (const { deal, push, wrong } of verdicts) {
      const key = outcomeKey(push);
      if (wrong === null || !recorded.has(key) || told.has(key)) continue;
      told.add(key);
      await tellWrongProof(client, deal, push.period, wrong);
    }
    return recorded;
  });
  const standing = await outcomesOf(
    context,
    verdicts.map(({ push }) => push).filter((push) => !changed.has(outcomeKey(push))),
  );
  const wrongNow = new Set(verdicts.filter(({ wrong }) => wrong !== null).map(({ push }) => outcomeKey(push)));
  for (const { index, push, wrong } of verdicts) {
    const key = outcomeKey(push);
    const recorded: Outcome = wrongNow.has(key) ? "wrong" : tooLate.has(push.period) ? "late" : "proved";
    answers[index] = wrong === null ? answerOf(changed.has(key) ? recorded : standing.get(key)) : refused(wrong);
  }
  return answers;
}

const NO_SEED = "this period has no seed";

const reasonOf = (verdict: PossessionVerdict | undefined): string | null =>
  verdict?.ok === true ? null : (verdict?.reason ?? "not checked");

const refused = (wrong: string): ProofAnswer => ({ accepted: false, reason: `wrong proof: ${wrong}` });

/** What a right proof is answered when `outcome` is what stands for its deal and period. */
function answerOf(outcome: Outcome | undefined): ProofAnswer {
  if (outcome === "proved" || outcome === "chain") return { accepted: true };
  if (outcome === "wrong")
    return { accepted: false, reason: "a wrong proof that the provider signed for this period stands" };
  if (outcome === "late") return { accepted: false, reason: "the answer deadline has passed" };
  return { accepted: false, reason: "the period has been judged" };
}

/** The chain's time when the push arrived: what has passed since then is taken off. */
async function arrivalTime(context: WorkingContext, arrivedAt: number | undefined): Promise<Seconds> {
  const { timestamp } = await context.ledger.latest();
  const waited = arrivedAt === undefined ? 0 : Math.max(0, context.clock.monotonic() - arrivedAt);
  return timestamp - Math.ceil(waited / 1000);
}

/** Periods whose answers are not taken any more at `now`. */
async function periodsOver(context: WorkingContext, periods: readonly number[], now: Seconds): Promise<Set<number>> {
  const { deployment, clock, absentAfterSeconds } = context;
  const over = new Set<number>();
  for (const period of periods) {
    if (now <= answerDeadline(period, deployment)) continue;
    const { takenUntil } = await attendanceOf(context.pool, period, deployment, clock.now(), absentAfterSeconds);
    if (now > takenUntil) over.add(period);
  }
  return over;
}

async function tellWrongProof(db: Queryable, deal: AuditedDeal, period: number, wrong: string): Promise<void> {
  await tell(db, {
    kind: "wrong-proof",
    severity: "error",
    deal: deal.deal,
    provider: deal.provider,
    package: deal.package,
    message: `Provider ${deal.provider} signed a wrong proof of period ${period} for shard ${deal.shard} of piece ${deal.piece}: ${wrong}.`,
    next: "Nothing to do: the deal fails with this period's verdict and the shard is rebuilt elsewhere.",
  });
  await enqueue(db, "lied", { deal: deal.deal });
}

async function outcomesOf(
  context: AuditContext,
  pushes: readonly { deal: DealId; period: number }[],
): Promise<Map<string, Outcome>> {
  if (pushes.length === 0) return new Map();
  const { rows } = await context.pool.query<{ deal: DealId; period: number; outcome: Outcome }>({
    name: "audit-standing-outcomes",
    text: `select o.deal, o.period::float8 as period, o.outcome from audit.outcomes o
join unnest($1::text[], $2::bigint[]) as g (deal, period) on g.deal = o.deal and g.period = o.period`,
    values: [pushes.map((push) => push.deal), pushes.map((push) => push.period)],
  });
  return new Map(rows.map((row) => [outcomeKey(row), row.outcome]));
}

/** Why a push is not looked at; undefined where its proof is to be checked. */
function refuse(
  context: AuditContext,
  deal: AuditedDeal,
  push: PushedProof,
  seed: Hex | undefined,
): string | undefined {
  if (deal.verifierSet !== context.verifierSet) return "the deal has other verifiers";
  if (deal.state !== "ACTIVE") return `the deal is ${deal.state}`;
  if (seed === undefined) return NO_SEED;
  const receiptPeriod = periodAt(deal.receiptTime, context.deployment);
  if (!isScheduled(push.period, deal.duty, receiptPeriod, context.deployment)) return "not scheduled in this period";
  if (push.period > deal.lastPeriod) return "after the deal's last period";
  const message = {
    deal: push.deal,
    purpose: 0,
    period: BigInt(push.period),
    seed,
    proofHash: sha256Hex(push.proof),
  };
  try {
    if (verifyTyped(deal.hot, "Proof", message, context.deployment, push.signature)) return undefined;
  } catch (error) {
    return asCairnError(error).message;
  }
  return "not signed by the deal's provider for this period and seed";
}

async function seedsOf(context: AuditContext, periods: number[]): Promise<Map<number, Hex>> {
  const { rows } = await context.pool.query<{ period: string; seed: Hex }>({
    name: "audit-seeds",
    text: "select period, seed from audit.periods where period = any($1::bigint[])",
    values: [periods],
  });
  return new Map(rows.map((row) => [Number(row.period), row.seed]));
}
