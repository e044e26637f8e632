import { inTransaction, projectedUntil } from "@cairn/catalog";
import { submissionId } from "@cairn/chain";
import { eachBounded, inBatches, periodStart, sendForEach, submitRefusal } from "@cairn/core";
import { type CairnError, type DealId, type Hex, type VerdictLeaf, verdictTree } from "@cairn/protocol";
import { type AuditedDeal, auditedDeals, KEPT_HERE } from "./audited-deals.ts";
import type { AuditContext, WorkingContext } from "./context.ts";
import { tell } from "./tell.ts";

/** Deals claimed, or expired, in one transaction. */
const BATCH = 20;
/** Transactions of one kind that wait for their block at once. */
const AT_ONCE = 16;
/** As `VOID_SECONDS` of StorageDeals: how long after a deal's end it takes until it can be closed without a root. */
const VOID_SECONDS = 30 * 86_400;

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

/** Finds the leaf of a deal in a final period, with its Merkle path. */
type FindProven = (period: number, deal: DealId) => Promise<Proven | undefined>;

/** A path takes all leaves of its period: they are read, and their tree is built, once for each period that is asked for, and for no other. */
function findProven(context: AuditContext): FindProven {
  const trees = new Map<number, Promise<(deal: DealId) => Proven | undefined>>();
  return async (period, deal) => {
    let tree = trees.get(period);
    if (tree === undefined) {
      tree = readTree(context, period);
      trees.set(period, tree);
    }
    return (await tree)(deal);
  };
}

async function readTree(context: AuditContext, period: number): Promise<(deal: DealId) => Proven | undefined> {
  const { rows } = await context.pool.query<LeafRow>({
    name: "audit-leaves",
    text: "select * from audit.leaves where verifier_set = $1 and period = $2 order by position",
    values: [context.verifierSet, period],
  });
  const leaves = rows.map(toLeaf);
  const tree = verdictTree(leaves);
  const positions = new Map(leaves.map(({ deal }, position) => [deal, position]));
  return (deal) => {
    const position = positions.get(deal);
    const leaf = position === undefined ? undefined : leaves[position];
    return position === undefined || leaf === undefined ? undefined : { leaf, path: tree.path(position) };
  };
}

/**
 * Send every FAULT of the newest final period to the chain: the deal fails, the rest of its escrow goes to the package's reserve. Only for packages that
 * this gateway keeps: anybody may have deals under its verifiers, and whoever wants those failed has the leaf file. What the contract
 * refuses (the provider proved that period on chain) is reported, and the same fault is not sent again, whichever later leaf repeats it.
 */
export async function failFaulted(context: AuditContext): Promise<void> {
  const { rows } = await context.pool.query<{ period: number; deal: DealId }>(
    `select l.period::float8 as period, l.deal from audit.leaves l
join catalog.deals d on d.deal = l.deal and d.state = 'ACTIVE'
where l.verifier_set = $1 and l.verdict = 2 and l.period = (select max(period) from audit.periods where state = 'final')
  and ${KEPT_HERE}
  and not exists (select from audit.leaves r where r.verifier_set = l.verifier_set and r.deal = l.deal
    and r.verdict = 2 and r.refused is not null and r.fault_a = l.fault_a and r.fault_b = l.fault_b)
order by l.deal`,
    [context.verifierSet],
  );
  const find = findProven(context);
  await eachBounded(rows, AT_ONCE, async ({ deal, period }) => {
    const proven = await find(period, deal);
    if (proven === undefined) return;
    const id = `fail:${deal}:${period}`;
    const send = () => submitRefusal(() => context.ledger.fail({ id }, proven.leaf, proven.path));
    const first = await send();
    if (first === undefined || !(await isActive(context, deal))) return;
    // It may have been mined in vain, for want of gas say: only a second refusal is the contract's last word.
    const refusal = await send();
    if (refusal === undefined || !(await isActive(context, deal))) return;
    if ((await context.ledger.newestFinal(context.verifierSet)) > period) return;
    await inTransaction(context.pool, async (client) => {
      await client.query("update audit.leaves set refused = $4 where verifier_set = $1 and period = $2 and deal = $3", [
        context.verifierSet,
        period,
        deal,
        refusal.message,
      ]);
      await tell(client, refusedNotice("fail", deal, refusal));
    });
  });
}

/**
 * Claim for providers what the newest claimable root gives them, close deals that are over, and expire proposals that nobody took up, so that no earned
 * pay lapses and no space stays reserved. Anyone may do this; we do it for providers that have no gas, and only for the packages that this gateway keeps:
 * others have their own gateway, and anybody may have deals under our verifiers. Deals that cost nothing are closed, never claimed. `everyPeriods` spaces
 * the claims of one deal out.
 */
export async function settleDue(context: WorkingContext, everyPeriods: number): Promise<void> {
  const known = await projectedUntil(context.pool);
  if (known === undefined) return;
  const { verifierSet } = context;
  const period = await newestClaimable(context, known);
  const deals = (await auditedDeals(context, { state: "ACTIVE", verifierSet })).filter(isKept);
  const counts = period === undefined ? new Map<DealId, number>() : await countsIn(context, period);
  const settled = await settledOf(context);
  const isOver = (deal: AuditedDeal) => period !== undefined && deal.lastPeriod <= period;
  const isDue = (deal: AuditedDeal) => {
    const before = settled.get(deal.deal) ?? { period: -1, fulfilled: 0 };
    const fulfilled = counts.get(deal.deal) ?? 0;
    return deal.pricePerPeriod > 0n && fulfilled > before.fulfilled && (period ?? 0) - before.period >= everyPeriods;
  };
  const closing = deals.filter((deal) => counts.has(deal.deal) && isOver(deal));
  const claims = deals.filter((deal) => counts.has(deal.deal) && !isOver(deal) && isDue(deal));
  const closable = new Set(closing);
  const forgotten = deals.filter(
    (deal) => !closable.has(deal) && known >= periodStart(deal.lastPeriod + 1, context.deployment) + VOID_SECONDS,
  );
  const held = await heldDeals(context);
  const newest = await newestPeriods(context, [...forgotten.map(({ deal }) => deal), ...held], known);
  const find = findProven(context);
  const proven = async (deal: DealId, of = newest.get(deal)) => (of === undefined ? undefined : find(of, deal));
  await Promise.all([
    eachBounded(closing, AT_ONCE, async ({ deal }) => close(context, await proven(deal, period))),
    eachBounded(inBatches(claims, BATCH), AT_ONCE, async (batch) => {
      const found = await Promise.all(batch.map(({ deal }) => proven(deal, period)));
      await claim(
        context,
        found.filter((one) => one !== undefined),
      );
    }),
    eachBounded(forgotten, AT_ONCE, async ({ deal }) => closeForgotten(context, deal, await proven(deal))),
    eachBounded(held, AT_ONCE, async (deal) => closeHeld(context, await proven(deal))),
    eachBounded(inBatches(await overdueProposals(context, known), BATCH), AT_ONCE, (batch) => expire(context, batch)),
  ]);
}

const isKept = (deal: AuditedDeal) => deal.package !== null;

async function close(context: WorkingContext, proven: Proven | undefined): Promise<void> {
  if (proven === undefined) return;
  const { leaf, path } = proven;
  const id = `close:${leaf.deal}:${leaf.period}`;
  const refusal = await submitRefusal(() => context.ledger.close({ id }, leaf, path));
  await noteRefusal(context, "close", leaf.deal, refusal);
}

/** A deal that no final root has closed for 30 days: what its newest leaf shows is paid, and it ends. */
async function closeForgotten(context: WorkingContext, deal: DealId, newest: Proven | undefined): Promise<void> {
  if (newest !== undefined) await claim(context, [newest]);
  const refusal = await submitRefusal(() => context.ledger.closeVoid({ id: `close-void:${deal}` }, deal));
  await noteRefusal(context, "close", deal, refusal);
}

/** Deals that ended without a root, and whose pay the contract holds for the leaf that decides it. */
async function heldDeals({ pool, verifierSet }: AuditContext): Promise<DealId[]> {
  const { rows } = await pool.query<{ deal: DealId }>(
    `select d.deal from catalog.deals d where d.verifier_set = $1 and d.state = 'COMPLETED' and d.escrow > d.paid + d.refunded
  and ${KEPT_HERE} order by d.deal`,
    [verifierSet],
  );
  return rows.map(({ deal }) => deal);
}

async function closeHeld(context: WorkingContext, newest: Proven | undefined): Promise<void> {
  if (newest === undefined) return;
  const { leaf, path } = newest;
  const { deal, period } = leaf;
  const refusal = await submitRefusal(() => context.ledger.close({ id: `close-held:${deal}:${period}` }, leaf, path));
  if (refusal === undefined || (await context.ledger.deal(deal))?.heldPeriods === 0) return;
  await context.tellOnce(`refused:close-held:${deal}`, refusedNotice("settle what is held of", deal, refusal));
}

/** Proposals past their deadline. The market withdraws its own before that; these are left of packages that it gave up or was not there for. */
async function overdueProposals({ pool, verifierSet }: AuditContext, known: number): Promise<DealId[]> {
  const { rows } = await pool.query<{ deal: DealId }>(
    `select d.deal from catalog.deals d where d.verifier_set = $1 and d.state = 'PROPOSED' and d.deadline < $2
  and ${KEPT_HERE} order by d.deal`,
    [verifierSet, known],
  );
  return rows.map(({ deal }) => deal);
}

/** Frees what the providers reserved, pays them for it, and refunds the rest. One that ended meanwhile does not hold up the others. */
async function expire(context: WorkingContext, deals: readonly DealId[]): Promise<void> {
  await sendForEach(deals, (some) => context.ledger.expire({ id: submissionId("expire", some) }, [...some]));
}

/** The period of each deal's newest leaf in a root that can be claimed from, where the whole period is here. */
async function newestPeriods(
  context: AuditContext,
  deals: readonly DealId[],
  known: number,
): Promise<Map<DealId, number>> {
  if (deals.length === 0) return new Map();
  const { rows } = await context.pool.query<{ deal: DealId; period: number }>(
    `select distinct on (l.deal) l.deal, l.period::float8 as period
from audit.leaves l join audit.periods p on p.period = l.period and p.state = 'final'
where l.verifier_set = $1 and l.deal = any($2) and p.final_at + $3::bigint <= $4 order by l.deal, l.period desc`,
    [context.verifierSet, deals, disputeSeconds(context), known],
  );
  return new Map(rows.map(({ deal, period }) => [deal, period]));
}

/** What each deal has fulfilled by the leaves of a period. */
async function countsIn({ pool, verifierSet }: AuditContext, period: number): Promise<Map<DealId, number>> {
  const { rows } = await pool.query<{ deal: DealId; fulfilled: number }>(
    "select deal, fulfilled from audit.leaves where verifier_set = $1 and period = $2",
    [verifierSet, period],
  );
  return new Map(rows.map(({ deal, fulfilled }) => [deal, fulfilled]));
}

const disputeSeconds = ({ deployment: { disputePeriods, periodSeconds } }: AuditContext) =>
  disputePeriods * periodSeconds;

/** The newest final period whose root is older than the dispute window, by the time that the projection has reached. */
async function newestClaimable(context: AuditContext, known: number): Promise<number | undefined> {
  const { rows } = await context.pool.query<{ period: number }>(
    `select period::float8 as period from audit.periods
where state = 'final' and leaves > 0 and final_at + $1::bigint <= $2 order by period desc limit 1`,
    [disputeSeconds(context), known],
  );
  return rows[0]?.period;
}

/** Claim some deals at once. */
async function claim(context: WorkingContext, batch: readonly Proven[]): Promise<void> {
  const refused = await sendForEach(batch, async (some) => {
    const leaves = some.map(({ leaf }) => leaf);
    const deals = leaves.map(({ deal }) => deal);
    const id = submissionId(`claim:${leaves[0]?.period}`, deals);
    const paths = some.map(({ path }) => path);
    const result = await context.ledger.claim({ id }, leaves, paths);
    if (result.ok) await markSettled(context, leaves);
    return result;
  });
  for (const { item, refusal } of refused) await noteRefusal(context, "claim", item.leaf.deal, refusal);
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

const isActive = async (context: AuditContext, deal: DealId) => (await context.ledger.deal(deal))?.state === "ACTIVE";

/** Report a refusal once, unless the deal has ended meanwhile; a later period brings another chance. */
async function noteRefusal(
  context: WorkingContext,
  what: string,
  deal: DealId,
  refusal: CairnError | undefined,
): Promise<void> {
  if (refusal === undefined || !(await isActive(context, deal))) return;
  await context.tellOnce(`refused:${what}:${deal}`, refusedNotice(what, deal, refusal));
}

const refusedNotice = (what: string, deal: DealId, { message }: CairnError) => ({
  kind: "settlement-refused",
  severity: "warning" as const,
  deal,
  message: `The contract refused to ${what} deal ${deal}: ${message}.`,
});
