import { verdictTree } from "@cairn/chain";
import { asCairnError, type FinalizedHead, type Hex, periodAt, type VerdictLeaf } from "@cairn/core";
import { auditedDeals } from "./audited-deals.ts";
import type { AuditContext } from "./context.ts";

/** Deals claimed in one transaction. */
const CLAIM_BATCH = 20;

interface LeafRow {
  period: string;
  position: number;
  deal: Hex;
  fulfilled: number;
  committed: number;
  verdict: number;
  fault_a: string;
  fault_b: string;
}

const toLeaf = (row: LeafRow): VerdictLeaf => ({
  deal: row.deal,
  period: Number(row.period),
  fulfilled: row.fulfilled,
  committed: row.committed,
  verdict: row.verdict,
  faultA: Number(row.fault_a),
  faultB: Number(row.fault_b),
});

/** All leaves of a final period, with a way to the Merkle path of each. */
async function treeOf(context: AuditContext, period: number) {
  const { rows } = await context.pool.query<LeafRow>({
    name: "audit-leaves",
    text: "select * from audit.leaves where verifier_set = $1 and period = $2 order by position",
    values: [context.verifierSet, period],
  });
  const leaves = rows.map(toLeaf);
  return { leaves, tree: verdictTree(leaves) };
}

/** Send every FAULT of finalised periods to the chain: the deal fails, the rest of its escrow goes to the package's reserve. */
export async function failFaulted(context: AuditContext): Promise<void> {
  const { rows } = await context.pool.query<{ period: string; deal: Hex }>(
    `select distinct on (l.deal) l.period, l.deal from audit.leaves l
join audit.periods p on p.period = l.period and p.state = 'final'
join catalog.deals d on d.deal = l.deal and d.state = 'ACTIVE'
where l.verifier_set = $1 and l.verdict = 2 order by l.deal, l.period desc`,
    [context.verifierSet],
  );
  for (const row of rows) {
    const period = Number(row.period);
    const { leaves, tree } = await treeOf(context, period);
    const position = leaves.findIndex((leaf) => leaf.deal === row.deal);
    const leaf = leaves[position];
    if (leaf === undefined) continue;
    await attempt(context, `fail:${row.deal}:${period}`, (id) =>
      context.ledger.fail({ id }, leaf, tree.path(position)),
    );
  }
}

/**
 * Claim for every provider what the newest claimable root gives it, and close deals that are over. Anyone may do this; we do it for
 * providers that have no gas yet. `everyPeriods` spaces the claims out.
 */
export async function settleDue(context: AuditContext, head: FinalizedHead, everyPeriods: number): Promise<void> {
  const now = periodAt(head.timestamp, context.deployment);
  const claimable = now - context.deployment.disputePeriods - 2;
  const { rows } = await context.pool.query<{ period: string }>(
    "select period from audit.periods where state = 'final' and leaves > 0 and period <= $1 order by period desc limit 1",
    [claimable],
  );
  if (rows[0] === undefined) return;
  const period = Number(rows[0].period);
  const { leaves, tree } = await treeOf(context, period);
  const deals = new Map((await auditedDeals(context, { state: "ACTIVE" })).map((deal) => [deal.deal, deal]));
  const settled = await settledOf(context);

  const claims: { leaf: VerdictLeaf; path: Hex[] }[] = [];
  for (const [position, leaf] of leaves.entries()) {
    const deal = deals.get(leaf.deal);
    if (deal === undefined) continue;
    const before = settled.get(leaf.deal) ?? { period: -1, fulfilled: 0 };
    if (deal.lastPeriod <= period) {
      await attempt(context, `close:${leaf.deal}:${period}`, (id) =>
        context.ledger.close({ id }, leaf, tree.path(position)),
      );
    } else if (leaf.fulfilled > before.fulfilled && period - before.period >= everyPeriods) {
      claims.push({ leaf, path: tree.path(position) });
    }
  }
  for (let at = 0; at < claims.length; at += CLAIM_BATCH) {
    const batch = claims.slice(at, at + CLAIM_BATCH);
    const leavesOf = batch.map((claim) => claim.leaf);
    const done = await attempt(context, `claim:${period}:${batch[0]?.leaf.deal}:${batch.length}`, (id) =>
      context.ledger.claim(
        { id },
        leavesOf,
        batch.map((claim) => claim.path),
      ),
    );
    if (done) await markSettled(context, leavesOf);
  }
}

async function settledOf(context: AuditContext): Promise<Map<Hex, { period: number; fulfilled: number }>> {
  const { rows } = await context.pool.query<{ deal: Hex; settled_period: string; settled_fulfilled: number }>(
    "select deal, settled_period, settled_fulfilled from audit.tallies where verifier_set = $1",
    [context.verifierSet],
  );
  return new Map(
    rows.map((row) => [row.deal, { period: Number(row.settled_period), fulfilled: row.settled_fulfilled }]),
  );
}

async function markSettled(context: AuditContext, leaves: readonly VerdictLeaf[]): Promise<void> {
  await context.pool.query(
    `update audit.tallies t set settled_period = x.period, settled_fulfilled = x.fulfilled
from unnest($2::text[], $3::bigint[], $4::int[]) as x (deal, period, fulfilled)
where t.verifier_set = $1 and t.deal = x.deal and t.settled_period < x.period`,
    [
      context.verifierSet,
      leaves.map((leaf) => leaf.deal),
      leaves.map((leaf) => leaf.period),
      leaves.map((leaf) => leaf.fulfilled),
    ],
  );
}

/** Send once under a stable id; a refusal by the contract is told, not thrown, as the next period brings another chance. */
async function attempt(
  context: AuditContext,
  id: string,
  send: (id: string) => Promise<{ ok: boolean; revert?: string }>,
): Promise<boolean> {
  let reason: string | undefined;
  try {
    const result = await send(id);
    if (result.ok) return true;
    reason = result.revert;
  } catch (error) {
    const known = asCairnError(error);
    if (known.code !== "reverted") throw error;
    reason = known.message;
  }
  await context.tell({
    kind: "settlement-refused",
    severity: "warning",
    message: `The contract refused ${id.split(":")[0]} of deal ${id.split(":")[1]}: ${reason ?? "no reason given"}.`,
    data: { submission: id },
  });
  return false;
}
