import { leafHash, verdictTree } from "@cairn/chain";
import {
  answerDeadline,
  type DealId,
  type FinalizedHead,
  type Hex,
  isScheduled,
  PERIOD_CHALLENGES,
  periodAt,
  periodStart,
} from "@cairn/core";
import { acceptProofs } from "./accept-proofs.ts";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";
import { EMPTY_TALLY, type Judgement, judgePeriod, type Outcome, type Tally } from "./judge-period.ts";
import { sha256Hex } from "./sha256-hex.ts";

/** When more than this share of the scheduled providers is silent, the verifiers suspect themselves and ask again. */
export const SUSPICION_SHARE = 0.5;
const PROBE_SECONDS = 5;

/**
 * Judge one period whose answer deadline has passed on the finalised chain, keep its leaves and leaf file, and vote. Runs again
 * after a crash with the same result: what was judged is stored before anything is sent.
 */
export async function closePeriod(context: AuditContext, period: number, head: FinalizedHead): Promise<void> {
  const stored = await storedRoot(context, period);
  const vote = stored ?? (await judgeAndStore(context, period));
  await castVotes(context, period, vote, head);
}

interface Vote {
  root: Hex;
  leafFileHash: Hex;
  leaves: number;
}

async function storedRoot(context: AuditContext, period: number): Promise<Vote | undefined> {
  const { rows } = await context.pool.query<{ root: Hex | null; leaf_file_hash: Hex; leaves: number }>(
    "select root, leaf_file_hash, leaves from audit.periods where period = $1",
    [period],
  );
  const row = rows[0];
  if (row === undefined || row.root === null) return undefined;
  return { root: row.root, leafFileHash: row.leaf_file_hash, leaves: row.leaves };
}

async function judgeAndStore(context: AuditContext, period: number): Promise<Vote> {
  const deals = (await auditedDeals(context, { state: "ACTIVE" })).filter(
    (deal) => deal.verifierSet === context.verifierSet && deal.receiptTime > 0,
  );
  await probeSilent(context, period, deals);
  const outcomes = await outcomesOf(context, period);
  const judgements = judgePeriod(
    period,
    deals.map((deal) => ({
      deal: deal.deal,
      piece: `${deal.manifestHash}/${deal.piece}`,
      k: deal.k,
      duty: deal.duty,
      receiptPeriod: periodAt(deal.receiptTime, context.deployment),
      lastPeriod: deal.lastPeriod,
    })),
    await talliesOf(context),
    outcomes,
    context.deployment,
  );
  const leaves = judgements.map((judgement) => judgement.leaf);
  const root = leaves.length === 0 ? (`0x${"00".repeat(32)}` as Hex) : verdictTree(leaves).root;
  const file = Buffer.from(leafFile(context, period, judgements));
  const leafFileHash = sha256Hex(file);
  await context.leafFiles.putIfAbsent(`leaves/${leafFileHash.slice(2)}`, oneChunk(file));
  await store(context, period, { root, leafFileHash, leaves: leaves.length }, judgements);
  return { root, leafFileHash, leaves: leaves.length };
}

/** Ask the silent once more over the control connection when so many are silent that the fault may be ours. */
async function probeSilent(context: AuditContext, period: number, deals: AuditedDeal[]): Promise<void> {
  const outcomes = await outcomesOf(context, period);
  const asked = deals.filter((deal) => {
    const received = periodAt(deal.receiptTime, context.deployment);
    return period <= deal.lastPeriod && isScheduled(period, deal.duty, received, context.deployment);
  });
  const silent = asked.filter((deal) => !outcomes.has(deal.deal));
  const askedProviders = new Set(asked.map((deal) => deal.provider));
  const silentProviders = new Set(silent.map((deal) => deal.provider));
  if (silentProviders.size <= askedProviders.size * SUSPICION_SHARE) return;
  const seed = await context.ledger.seed(period);
  if (seed === undefined) return;
  await context.tell({
    kind: "self-suspicion",
    severity: "warning",
    message: `${silentProviders.size} of ${askedProviders.size} providers were silent in period ${period}: the verifiers ask again before they vote.`,
    next: "If it goes on, check this machine's own network.",
  });
  await Promise.all(
    silent.map(async (deal) => {
      if (!context.transport.reachable(deal.provider)) return;
      const request = {
        type: "prove" as const,
        deal: deal.deal,
        purpose: "period" as const,
        period,
        seed,
        leaves: PERIOD_CHALLENGES,
      };
      const answer = await context.transport
        .request(deal.provider, request, { timeoutSeconds: PROBE_SECONDS })
        .catch(() => undefined);
      if (answer === undefined) return;
      const proof = Buffer.from(answer.proof, "base64");
      await acceptProofs(context, [{ deal: deal.deal, period, proof, signature: answer.signature }], { late: true });
    }),
  );
}

async function outcomesOf(context: AuditContext, period: number): Promise<Map<DealId, Outcome>> {
  const { rows } = await context.pool.query<{ deal: DealId; outcome: Outcome }>({
    name: "audit-outcomes-of-period",
    text: "select deal, outcome from audit.outcomes where period = $1",
    values: [period],
  });
  return new Map(rows.map((row) => [row.deal, row.outcome]));
}

async function talliesOf(context: AuditContext): Promise<Map<DealId, Tally>> {
  const { rows } = await context.pool.query<{
    deal: DealId;
    fulfilled: number;
    committed: number;
    missed: number[];
    recent: number[];
  }>({
    name: "audit-tallies",
    text: "select deal, fulfilled, committed, missed, recent from audit.tallies where verifier_set = $1",
    values: [context.verifierSet],
  });
  return new Map(rows.map(({ deal, ...tally }) => [deal, { ...EMPTY_TALLY, ...tally }]));
}

/** The public record of a period: from it anyone rebuilds the root. One JSON line per leaf, in tree order. */
function leafFile(context: AuditContext, period: number, judgements: readonly Judgement[]): string {
  const header = {
    format: "cairn-verdict-leaves-1",
    chainId: context.deployment.chainId,
    ledger: context.deployment.ledger,
    set: context.verifierSet,
    period,
    periodStart: periodStart(period, context.deployment),
    answerDeadline: answerDeadline(period, context.deployment),
  };
  const lines = judgements.map(({ leaf, outcome }) => ({ ...leaf, outcome, hash: leafHash(leaf) }));
  return [header, ...lines].map((line) => JSON.stringify(line)).join("\n");
}

async function* oneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function store(
  context: AuditContext,
  period: number,
  vote: Vote,
  judgements: readonly Judgement[],
): Promise<void> {
  const client = await context.pool.connect();
  try {
    await client.query("begin");
    await client.query("delete from audit.leaves where verifier_set = $1 and period = $2", [
      context.verifierSet,
      period,
    ]);
    await client.query(
      `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
select $1, $2, * from unnest($3::int[], $4::text[], $5::int[], $6::int[], $7::smallint[], $8::bigint[], $9::bigint[], $10::text[])`,
      [
        context.verifierSet,
        period,
        judgements.map((_, i) => i),
        judgements.map((j) => j.leaf.deal),
        judgements.map((j) => j.leaf.fulfilled),
        judgements.map((j) => j.leaf.committed),
        judgements.map((j) => j.leaf.verdict),
        judgements.map((j) => j.leaf.faultA),
        judgements.map((j) => j.leaf.faultB),
        judgements.map((j) => j.outcome),
      ],
    );
    await client.query("delete from audit.pending_tallies where verifier_set = $1", [context.verifierSet]);
    await client.query(
      `insert into audit.pending_tallies (verifier_set, deal, period, fulfilled, committed, missed, recent)
select $1, d, $2, f, c, m, r from unnest($3::text[], $4::int[], $5::int[], $6::jsonb[], $7::jsonb[]) as t (d, f, c, m, r)`,
      [
        context.verifierSet,
        period,
        judgements.map((j) => j.leaf.deal),
        judgements.map((j) => j.tally.fulfilled),
        judgements.map((j) => j.tally.committed),
        judgements.map((j) => JSON.stringify(j.tally.missed)),
        judgements.map((j) => JSON.stringify(j.tally.recent)),
      ],
    );
    await client.query(
      "update audit.periods set state = 'voted', root = $2, leaf_file_hash = $3, leaves = $4 where period = $1 and state = 'open'",
      [period, vote.root, vote.leafFileHash, vote.leaves],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

/** A quorum of our verifiers votes, another quorum each period so that every key is seen to work. */
async function castVotes(context: AuditContext, period: number, vote: Vote, head: FinalizedHead): Promise<void> {
  const size = context.verifiers.length;
  const voters = Array.from({ length: context.quorum }, (_, i) => context.verifiers[(period + i) % size]);
  const lastVote = periodStart(period + 1 + context.deployment.voteWindowPeriods, context.deployment);
  if (head.timestamp >= lastVote) return;
  await Promise.all(
    voters.map(async (verifier) => {
      if (verifier === undefined) return;
      const submission = { id: `vote:${context.verifierSet}:${period}:${verifier.address}` };
      await verifier.ledger.vote(submission, context.verifierSet, period, vote.root, vote.leafFileHash, vote.leaves);
    }),
  );
}
