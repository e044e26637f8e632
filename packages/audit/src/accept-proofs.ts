import { verifyTyped } from "@cairn/chain";
import {
  type Address,
  answerDeadline,
  asCairnError,
  type DealId,
  type Hex,
  isScheduled,
  PERIOD_CHALLENGES,
  periodAt,
} from "@cairn/core";
import { deriveChallenges, type PossessionVerdict, payloadLeaves, verifyPossessions } from "@cairn/proofs";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import type { Outcome } from "./judge-period.ts";
import { outcomeKey, recordOutcomes } from "./record-outcomes.ts";
import { sha256Hex } from "./sha256-hex.ts";

/** One pushed answer, as it came over the wire. */
export interface PushedProof {
  deal: DealId;
  period: number;
  proof: Uint8Array;
  signature: Hex;
}

export type ProofAnswer = { accepted: true } | { accepted: false; reason: string };

interface Candidate {
  index: number;
  deal: AuditedDeal;
  push: PushedProof;
  seed: Hex;
  proofHash: Hex;
}

/**
 * Verify pushed period proofs in one batch and record each outcome; anyone may deliver them, as the signature is the provider's.
 * A proof that is not signed by the deal's provider for this very period and seed is refused without record; a signed wrong one is
 * recorded as a fault and told once; a repeat is harmless. One answer per push, in order; throws only where chain or database fail.
 * `late` waives the answer deadline, for the verifiers' own probe.
 */
export async function acceptProofs(
  context: AuditContext,
  pushes: readonly PushedProof[],
  options: { late?: boolean } = {},
): Promise<ProofAnswer[]> {
  const answers: ProofAnswer[] = pushes.map(() => ({ accepted: false, reason: "unknown deal" }));
  const deals = await auditedDeals(context, { deals: [...new Set(pushes.map((push) => push.deal))] });
  const byId = new Map(deals.map((deal) => [deal.deal, deal]));
  const seeds = await seedsOf(context, [...new Set(pushes.map((push) => push.period))]);
  const now = (await context.ledger.latest()).timestamp;

  const candidates: Candidate[] = [];
  pushes.forEach((push, index) => {
    const deal = byId.get(push.deal);
    if (deal === undefined) return;
    const seed = seeds.get(push.period);
    const refusal = refuse(context, deal, push, seed, options.late ? 0 : now);
    if (refusal !== undefined || seed === undefined) {
      answers[index] = { accepted: false, reason: refusal ?? NO_SEED };
      return;
    }
    candidates.push({ index, deal, push, seed, proofHash: sha256Hex(push.proof) });
  });

  const results = verifyPossessions(
    candidates.map(({ deal, push, seed }) => ({
      root: Buffer.from(deal.commitment.slice(2), "hex"),
      rawLength: deal.rawLength,
      indices: challengesOf(context, deal.deal, deal.provider, push.period, seed, deal.rawLength),
      proof: push.proof,
    })),
  );
  const verdicts = candidates.map((candidate, i) => ({ ...candidate, wrong: reasonOf(results[i]) }));
  const changed = await recordOutcomes(
    context,
    verdicts.map(({ push, proofHash, wrong }) => ({
      deal: push.deal,
      period: push.period,
      outcome: wrong === null ? "proved" : "wrong",
      reason: wrong,
      proofHash,
      signature: push.signature,
    })),
    now,
  );
  const standing = await outcomesOf(
    context,
    verdicts.map(({ push }) => push).filter((push) => !changed.has(outcomeKey(push))),
  );
  const wrongNow = new Set(verdicts.filter(({ wrong }) => wrong !== null).map(({ push }) => outcomeKey(push)));
  const told = new Set<string>();
  for (const { index, deal, push, wrong } of verdicts) {
    const key = outcomeKey(push);
    const recorded: Outcome = wrongNow.has(key) ? "wrong" : "proved";
    answers[index] = wrong === null ? answerOf(changed.has(key) ? recorded : standing.get(key)) : refused(wrong);
    if (wrong === null || !changed.has(key) || told.has(key)) continue;
    told.add(key);
    await tellWrongProof(context, deal, wrong);
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
  return { accepted: false, reason: "the period has been judged" };
}

async function tellWrongProof(context: AuditContext, deal: AuditedDeal, wrong: string): Promise<void> {
  await context.tell({
    kind: "wrong-proof",
    severity: "error",
    deal: deal.deal,
    provider: deal.provider,
    package: deal.package,
    message: `Provider ${deal.provider} signed a wrong proof for shard ${deal.shard} of piece ${deal.piece}: ${wrong}.`,
    next: "Nothing to do: the deal fails with this period's verdict and the shard is rebuilt elsewhere.",
  });
  await context.hand("lied", { deal: deal.deal });
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

/** Leaf indices that the chain's seed asks of a deal in a period. */
function challengesOf(
  context: AuditContext,
  deal: DealId,
  provider: Address,
  period: number,
  seed: Hex,
  rawLength: number,
): number[] {
  const subject = { purpose: "period" as const, seed, chainId: context.deployment.chainId, deal, provider, period };
  return deriveChallenges(subject, payloadLeaves(rawLength), PERIOD_CHALLENGES);
}

function refuse(
  context: AuditContext,
  deal: AuditedDeal,
  push: PushedProof,
  seed: Hex | undefined,
  now: number,
): string | undefined {
  if (deal.verifierSet !== context.verifierSet) return "the deal has other verifiers";
  if (deal.state !== "ACTIVE") return `the deal is ${deal.state}`;
  if (seed === undefined) return NO_SEED;
  const receiptPeriod = periodAt(deal.receiptTime, context.deployment);
  if (!isScheduled(push.period, deal.duty, receiptPeriod, context.deployment)) return "not scheduled in this period";
  if (push.period > deal.lastPeriod) return "after the deal's last period";
  if (now > answerDeadline(push.period, context.deployment)) return "the answer deadline has passed";
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
