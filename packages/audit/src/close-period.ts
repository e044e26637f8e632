import { inTransaction } from "@cairn/catalog";
import { answerDeadline, type FinalizedHead, periodAt, periodStart } from "@cairn/core";
import { asCairnError, CairnError, type DealId, type Hex, leafHash, verdictTree } from "@cairn/protocol";
import { sha256Hex } from "@cairn/protocol/sha256-hex";
import type { PoolClient } from "pg";
import type { AuditContext, Verifier, WorkingContext } from "./context.ts";
import { hearPeriod } from "./hear-period.ts";
import { EMPTY_TALLY, type Judgement, judgePeriod, type Outcome, type Tally } from "./judge-period.ts";
import { keepSpares } from "./keep-spares.ts";
import { tellSilence } from "./tell-silence.ts";

/**
 * Judge one period whose answers are in on the finalised chain, keep its leaves and leaf file, and vote. Runs again after a crash with
 * the same result: what was judged is stored before anything is sent.
 * @param asked whether those who are missing have been asked again: else their silence is ours
 * @returns false when there is nothing to judge: no deal of this verifier set is ACTIVE
 * @throws CairnError `undecided-period` when an earlier period still waits for its votes: its counts are this one's beginning
 */
export async function closePeriod(
  context: WorkingContext,
  period: number,
  head: FinalizedHead,
  asked: boolean,
): Promise<boolean> {
  const vote = await inTransaction(context.pool, (client) => judgeOnce(context, client, period, asked));
  if (vote === undefined) return false;
  await keepSpares(context, period);
  await castVotes(context, period, vote, head);
  return true;
}

interface Vote {
  root: Hex;
  leafFileHash: Hex;
  leaves: number;
}

async function storedVote(client: PoolClient, period: number): Promise<Vote | undefined> {
  const { rows } = await client.query<{ root: Hex | null; leaf_file_hash: Hex; leaves: number }>(
    "select root, leaf_file_hash, leaves from audit.periods where period = $1 for update",
    [period],
  );
  const row = rows[0];
  if (row === undefined || row.root === null) return undefined;
  return { root: row.root, leafFileHash: row.leaf_file_hash, leaves: row.leaves };
}

async function requireDecided(client: PoolClient, period: number): Promise<void> {
  const { rows } = await client.query<{ period: number; state: string }>(
    `select period::float8 as period, state from audit.periods
where period < $1 and state in ('open', 'voted') order by period limit 1`,
    [period],
  );
  const [earlier] = rows;
  if (earlier === undefined) return;
  throw new CairnError(`period ${period} cannot be judged while period ${earlier.period} is ${earlier.state}`, {
    code: "undecided-period",
    kind: "conflict",
    next: `Judge period ${earlier.period} first, or wait until its votes are final or its vote window is over.`,
    details: { period, earlier: earlier.period, state: earlier.state },
  });
}

/** The row lock keeps out answers that arrive while the period is judged (`recordOutcomes`): an accepted proof always counts. */
async function judgeOnce(
  context: WorkingContext,
  client: PoolClient,
  period: number,
  asked: boolean,
): Promise<Vote | undefined> {
  const stored = await storedVote(client, period);
  if (stored !== undefined) return stored;
  await requireDecided(client, period);
  const { verifierSet, deployment } = context;
  const { deals, weight } = await hearPeriod(context, client, period);
  if (deals.length === 0) return undefined;
  const { outcomes, damaged } = await outcomesOf(client, period, periodStart(period + 1, deployment));
  const judgements = judgePeriod(
    period,
    deals.map((deal) => ({
      deal: deal.deal,
      duty: deal.duty,
      receiptPeriod: periodAt(deal.receiptTime, deployment),
      lastPeriod: deal.lastPeriod,
    })),
    await talliesOf(client, verifierSet),
    outcomes,
    deployment,
    asked ? weight : "ours",
    damaged,
  );
  const leaves = judgements.map((judgement) => judgement.leaf);
  const file = Buffer.from(leafFile(context, period, judgements));
  const leafFileHash = sha256Hex(file);
  await context.leafFiles.putIfAbsent(`leaves/${leafFileHash.slice(2)}`, oneChunk(file));
  const vote = { root: verdictTree(leaves).root, leafFileHash, leaves: leaves.length };
  await store(client, verifierSet, period, vote, judgements);
  await tellSilence(client, period, judgements, deals, deployment);
  return vote;
}

/** What came in for a period; wrong bytes that a provider was caught with before its end count as its answer, unless it proved on chain. */
async function outcomesOf(
  client: PoolClient,
  period: number,
  end: number,
): Promise<{ outcomes: Map<DealId, Outcome>; damaged: Set<DealId> }> {
  const { rows } = await client.query<{ deal: DealId; outcome: Outcome; damaged: boolean }>({
    name: "audit-outcomes-of-period",
    text: `with caught as (select deal from audit.evidence where state = 'standing' and at < $2)
select deal, outcome, damaged from audit.outcomes where period = $1 and (outcome = 'chain' or deal not in (select deal from caught))
union all select deal, 'wrong', false from caught c
  where not exists (select from audit.outcomes o where o.deal = c.deal and o.period = $1 and o.outcome = 'chain')`,
    values: [period, end],
  });
  return {
    outcomes: new Map(rows.map((row) => [row.deal, row.outcome])),
    damaged: new Set(rows.flatMap((row) => (row.damaged ? [row.deal] : []))),
  };
}

async function talliesOf(client: PoolClient, verifierSet: Hex): Promise<Map<DealId, Tally>> {
  const { rows } = await client.query<{ deal: DealId } & Tally>({
    name: "audit-tallies",
    text: "select deal, fulfilled, committed, missed, held, damaged, recent, fault from audit.tallies where verifier_set = $1",
    values: [verifierSet],
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
  client: PoolClient,
  verifierSet: Hex,
  period: number,
  vote: Vote,
  judgements: readonly Judgement[],
): Promise<void> {
  await client.query(
    `insert into audit.leaves (verifier_set, period, position, deal, fulfilled, committed, verdict, fault_a, fault_b, outcome)
select $1, $2, * from unnest($3::int[], $4::text[], $5::int[], $6::int[], $7::smallint[], $8::bigint[], $9::bigint[], $10::text[])`,
    [
      verifierSet,
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
  await client.query("delete from audit.pending_tallies where verifier_set = $1", [verifierSet]);
  await client.query(
    `insert into audit.pending_tallies (verifier_set, deal, period, fulfilled, committed, missed, held, damaged, recent, fault)
select $1, d, $2, f, c, m, h, b, r, a
  from unnest($3::text[], $4::int[], $5::int[], $6::jsonb[], $7::jsonb[], $8::jsonb[], $9::jsonb[], $10::jsonb[]) as t (d, f, c, m, h, b, r, a)`,
    [
      verifierSet,
      period,
      judgements.map((j) => j.leaf.deal),
      judgements.map((j) => j.tally.fulfilled),
      judgements.map((j) => j.tally.committed),
      judgements.map((j) => JSON.stringify(j.tally.missed)),
      judgements.map((j) => JSON.stringify(j.tally.held)),
      judgements.map((j) => JSON.stringify(j.tally.damaged)),
      judgements.map((j) => JSON.stringify(j.tally.recent)),
      judgements.map((j) => JSON.stringify(j.tally.fault)),
    ],
  );
  await client.query(
    "update audit.periods set state = 'voted', root = $2, leaf_file_hash = $3, leaves = $4 where period = $1",
    [period, vote.root, vote.leafFileHash, vote.leaves],
  );
}

/**
 * A quorum of our verifiers votes, another quorum each period so that every key is seen to work; where a vote cannot be cast, the next
 * verifier steps in. Fewer than a quorum is reported once; the round is tried again while the vote window lasts.
 */
async function castVotes(context: WorkingContext, period: number, vote: Vote, head: FinalizedHead): Promise<void> {
  const { verifiers, quorum, verifierSet, deployment } = context;
  if (head.timestamp >= periodStart(period + 1 + deployment.voteWindowPeriods, deployment)) return;
  const order = verifiers.map((_, i) => verifiers[(period + i) % verifiers.length] as Verifier);
  const failures: string[] = [];
  let cast = 0;
  const castOne = async ({ address, ledger }: Verifier) => {
    const id = `vote:${verifierSet}:${period}:${address}`;
    try {
      const done = await ledger.vote({ id }, verifierSet, period, vote.root, vote.leafFileHash, vote.leaves);
      if (done.ok) cast += 1;
      else failures.push(`${address}: ${done.revert ?? "refused"}`);
    } catch (error) {
      const { code, message } = asCairnError(error);
      // Nothing is wrong with this verifier: the same vote is taken up again.
      if (code === "stopping" || code === "chain-unreachable") throw error;
      failures.push(`${address}: ${message}`);
    }
  };
  await Promise.all(order.slice(0, quorum).map(castOne));
  for (const spare of order.slice(quorum)) if (cast < quorum) await castOne(spare);
  if (cast >= quorum) return;
  await context.tellOnce("votes-missing", {
    kind: "votes-missing",
    severity: "error",
    message: `Period ${period} has ${cast} of ${quorum} votes: ${failures.join("; ")}.`,
    next: "Check that the chain is reachable and that the verifiers' keys have coins for gas.",
  });
}
