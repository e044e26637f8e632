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
import { deriveChallenges, payloadLeaves, verifyPossessions } from "@cairn/proofs";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { sha256Hex } from "./sha256-hex.ts";

/** One pushed answer, as it came over the wire. */
export interface PushedProof {
  deal: DealId;
  period: number;
  proof: Uint8Array;
  signature: Hex;
}

export type ProofAnswer = { accepted: true } | { accepted: false; reason: string };

/** Most proofs that one call may carry; 16 kB each. */
export const MAX_PROOFS_PER_CALL = 256;

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
 * recorded as a fault; a repeat is harmless. `late` waives the answer deadline, for the verifiers' own probe.
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
      answers[index] = { accepted: false, reason: refusal ?? "this period has no seed" };
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
  const records = candidates.map((candidate, i) => ({ candidate, result: results[i] }));
  await recordOutcomes(
    context,
    records.map(({ candidate, result }) => ({
      deal: candidate.push.deal,
      period: candidate.push.period,
      outcome: result?.ok ? "proved" : "wrong",
      reason: result?.ok === false ? result.reason : null,
      proofHash: candidate.proofHash,
      signature: candidate.push.signature,
    })),
    now,
  );
  for (const { candidate, result } of records) {
    const accepted = result?.ok === true;
    answers[candidate.index] = accepted
      ? { accepted: true }
      : { accepted: false, reason: `wrong proof: ${result?.ok === false ? result.reason : "not checked"}` };
    if (!accepted) {
      await context.tell({
        kind: "wrong-proof",
        severity: "error",
        deal: candidate.deal.deal,
        provider: candidate.deal.provider,
        package: candidate.deal.package,
        message: `Provider ${candidate.deal.provider} signed a wrong proof for shard ${candidate.deal.shard} of piece ${candidate.deal.piece}: ${result?.ok === false ? result.reason : ""}`,
        next: "Nothing to do: the deal fails with this period's verdict and the shard is rebuilt elsewhere.",
      });
    }
  }
  return answers;
}

/** Leaf indices that the chain's seed asks of a deal in a period. */
export function challengesOf(
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
  if (deal.state !== "ACTIVE") return `the deal is ${deal.state}`;
  if (seed === undefined) return "this period has no seed";
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

export interface OutcomeRow {
  deal: DealId;
  period: number;
  outcome: "proved" | "chain" | "wrong" | "damaged";
  reason: string | null;
  proofHash: Hex | null;
  signature: Hex | null;
}

/** Insert outcomes; one that a period already has stays, except that a proof on chain and a wrong proof override. */
export async function recordOutcomes(context: AuditContext, rows: OutcomeRow[], now: number): Promise<void> {
  if (rows.length === 0) return;
  const unique = [...new Map(rows.map((row) => [`${row.deal}/${row.period}`, row])).values()];
  const ordered = unique.sort((a, b) => (a.deal === b.deal ? a.period - b.period : a.deal < b.deal ? -1 : 1));
  await context.pool.query({
    name: "audit-record-outcomes",
    text: `insert into audit.outcomes as o (deal, period, outcome, reason, proof_hash, signature, received_at)
select *, $7::bigint from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
on conflict (deal, period) do update
  set outcome = excluded.outcome, reason = excluded.reason, proof_hash = excluded.proof_hash, signature = excluded.signature
  where (excluded.outcome = 'chain' and o.outcome <> 'chain')
     or (excluded.outcome = 'wrong' and o.outcome in ('proved', 'damaged'))
     or (excluded.outcome = 'proved' and o.outcome = 'damaged')`,
    values: [
      ordered.map((row) => row.deal),
      ordered.map((row) => row.period),
      ordered.map((row) => row.outcome),
      ordered.map((row) => row.reason),
      ordered.map((row) => row.proofHash),
      ordered.map((row) => row.signature),
      now,
    ],
  });
}
