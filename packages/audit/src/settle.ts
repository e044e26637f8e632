import { createHash } from "node:crypto";
import { projectedUntil } from "@cairn/catalog";
import { verdictTree } from "@cairn/chain";
import { asCairnError, type DealId, type Hex, type SubmissionResult, type VerdictLeaf } from "@cairn/core";
import { type AuditedDeal, auditedDeals } from "./audited-deals.ts";
import type { AuditContext, WorkingContext } from "./context.ts";
import { eachBounded } from "./each-bounded.ts";

/** Deals claimed in one transaction. */
const CLAIM_BATCH = 20;
/** Transactions of one kind that wait for their block at once. */
const AT_ONCE = 16;

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

interface Proven {
  leaf: VerdictLeaf;
  path: Hex[];
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

/** The leaves of a final period, each with its Merkle path. */
async function leavesOf(context: AuditContext, period: number): Promise<Map<DealId, Proven>> {
  const { rows } = await context.pool.query<LeafRow>({
    name: "audit-leaves",
    text: "select * from audit.leaves where verifier_set = $1 and period = $2 order by position",
    values: [context.verifierSet, period],
  });
  const leaves = rows.map(toLeaf);
  const tree = verdictTree(leaves);
  return new Map(leaves.map((leaf, position) => [leaf.deal, { leaf, path: tree.path(position) }]));
}

/**
 * Send every FAULT of finalised periods to the chain: the deal fails, the rest of its escrow goes to the package's reserve. What the
 * contract refuses (the provider proved that period on chain) is told, and not sent again.
 */
export async function failFaulted(context: AuditContext): Promise<void> {
  const { rows } = await context.pool.query<{ period: number; deal: DealId }>(
    `select distinct on (l.deal) l.period::float8 as period, l.deal from audit.leaves l
join audit.periods p on p.period = l.period and p.state = 'final'
join catalog.deals d on d.deal = l.deal and d.state = 'ACTIVE'
where l.verifier_set = $1 and l.verdict = 2 and l.refused is null order by l.deal, l.period desc`,
    [context.verifierSet],
  );
  const trees = new Map<number, Map<DealId, Proven>>();
  for (const { period } of rows) if (!trees.has(period)) trees.set(period, await leavesOf(context, period));
  await eachBounded(rows, AT_ONCE, async ({ deal, period }) => {
    const proven = trees.get(period)?.get(deal);
    if (proven === undefined) return;
    const send = (id: string) => refusalOf(() => context.ledger.fail({ id }, proven.leaf, proven.path));
    const id = `fail:${deal}:${period}`;
    const first = await send(id);
    if (first === undefined || !(await isActive(context, deal))) return;
    // What was mined in vain, for want of gas say, has used its id up: once more under another.
    const refusal = await send(`${id}:again`);
    if (refusal === undefined || !(await isActive(context, deal))) return;
    await context.pool.query(
      "update audit.leaves set refused = $4 where verifier_set = $1 and period = $2 and deal = $3",
      [context.verifierSet, period, deal, refusal],
    );
    await context.tell(refusedNotice("fail", deal, refusal));
  });
}

/**
 * Claim for every provider what the newest claimable root gives it, and close deals that are over. Anyone may do this; we do it for
 * providers that have no gas yet. `everyPeriods` spaces the claims of one deal out.
 */
export async function settleDue(context: WorkingContext, everyPeriods: number): Promise<void> {
  const period = await newestClaimable(context);
  if (period === undefined) return;
  const { verifierSet } = context;
  const deals = await auditedDeals(context, { state: "ACTIVE", verifierSet });
  const settled = await settledOf(context);
  const isOver = (deal: AuditedDeal) => deal.lastPeriod <= period;
  const isDue = (deal: AuditedDeal, fulfilled: number) => {
    const before = settled.get(deal.deal) ?? { period: -1, fulfilled: 0 };
    return fulfilled > before.fulfilled && period - before.period >= everyPeriods;
  };
  const leaves = await leavesOf(context, period);
  const known = deals.flatMap((deal) => {
    const proven = leaves.get(deal.deal);
    return proven === undefined ? [] : [{ deal, ...proven }];
  });
  const closing = known.filter(({ deal }) => isOver(deal));
  const claims = known.filter(({ deal, leaf }) => !isOver(deal) && isDue(deal, leaf.fulfilled));
  const batches = Array.from({ length: Math.ceil(claims.length / CLAIM_BATCH) }, (_, i) =>
    claims.slice(i * CLAIM_BATCH, (i + 1) * CLAIM_BATCH),
  );
  await Promise.all([
    eachBounded(closing, AT_ONCE, ({ leaf, path }) =>
      told(context, "close", [leaf.deal], () =>
        context.ledger.close({ id: `close:${leaf.deal}:${period}` }, leaf, path),
      ).then(() => undefined),
    ),
    eachBounded(batches, AT_ONCE, (batch) => claim(context, batch)),
  ]);
}

/** The newest final period whose root is older than the dispute window, by the time that the projection has reached. */
async function newestClaimable(context: AuditContext): Promise<number | undefined> {
  const known = await projectedUntil(context.pool);
  if (known === undefined) return undefined;
  const { disputePeriods, periodSeconds } = context.deployment;
  const { rows } = await context.pool.query<{ period: number }>(
    `select period::float8 as period from audit.periods
where state = 'final' and leaves > 0 and final_at + $1::bigint <= $2 order by period desc limit 1`,
    [disputePeriods * periodSeconds, known],
  );
  return rows[0]?.period;
}

/** Claim some deals at once; when the contract refuses, one by one, so that one bad claim does not hold up the others. */
async function claim(context: WorkingContext, batch: readonly Proven[]): Promise<void> {
  const leaves = batch.map(({ leaf }) => leaf);
  const deals = leaves.map((leaf) => leaf.deal);
  const digest = createHash("sha256").update(deals.join()).digest("hex").slice(0, 16);
  const send = () =>
    context.ledger.claim(
      { id: `claim:${leaves[0]?.period}:${digest}` },
      leaves,
      batch.map(({ path }) => path),
    );
  if (batch.length === 1) {
    if (await told(context, "claim", deals, send)) await markSettled(context, leaves);
  } else if ((await refusalOf(send)) === undefined) {
    await markSettled(context, leaves);
  } else {
    for (const one of batch) await claim(context, [one]);
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

/** Why the contract refuses, or undefined when it took the transaction. Throws what is not the contract's word. */
async function refusalOf(send: () => Promise<SubmissionResult>): Promise<string | undefined> {
  try {
    const result = await send();
    return result.ok ? undefined : (result.revert ?? "no reason given");
  } catch (error) {
    const known = asCairnError(error);
    if (known.code !== "reverted") throw error;
    return known.message;
  }
}

const isActive = async (context: AuditContext, deal: DealId) => (await context.ledger.deal(deal))?.state === "ACTIVE";

/** Send under a stable id. A refusal is told once, unless the deal has ended meanwhile; a later period brings another chance. */
async function told(
  context: WorkingContext,
  what: string,
  [deal]: readonly DealId[],
  send: () => Promise<SubmissionResult>,
): Promise<boolean> {
  const refusal = await refusalOf(send);
  if (refusal === undefined) return true;
  if (deal !== undefined && (await isActive(context, deal))) {
    await context.tellOnce(`refused:${what}:${deal}`, refusedNotice(what, deal, refusal));
  }
  return false;
}

const refusedNotice = (what: string, deal: DealId, reason: string) => ({
  kind: "settlement-refused",
  severity: "warning" as const,
  deal,
  message: `The contract refused to ${what} deal ${deal}: ${reason}.`,
});
