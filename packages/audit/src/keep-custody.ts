import { inTransaction, type Queryable } from "@cairn/catalog";
import { type DealId, fromHex, type Hex, type VerdictLeaf, verdictTree } from "@cairn/protocol";
import type { AuditContext } from "./context.ts";

/** Runs of one deal that are told apart. Then the two oldest become one, which says in how many of its periods the deal was proved. A choice. */
const MOST_RUNS = 256;
/** Periods whose kept leaves are taken in one go. */
const PERIODS = 20;
/** Of one period, in one go. */
const LEAVES = 10_000;

/**
 * Keep of each custody run that is over the leaf of its last period, with its way to the root and the votes that the root had: what a certificate shows
 * of it, when all other leaves are forgotten. Call it before old leaves are dropped.
 */
export async function keepCustody(context: AuditContext, mostRuns = MOST_RUNS): Promise<void> {
  const { pool } = context;
  await pool.query(
    `update audit.custody c set closed = true from catalog.deals d
where d.deal = c.deal and not c.closed and d.state not in ('PROPOSED', 'ACTIVE')`,
  );
  const { rows } = await pool.query<{ period: number }>(
    `select distinct to_period::float8 as period from audit.custody where closed and kept_period is null order by 1 limit $1`,
    [PERIODS],
  );
  for (const { period } of rows) await keepPeriod(context, period, mostRuns);
}

async function keepPeriod(context: AuditContext, period: number, mostRuns: number): Promise<void> {
  const { pool, verifierSet } = context;
  const { rows } = await pool.query<{ deal: DealId }>(
    "select deal from audit.custody where closed and kept_period is null and to_period = $1 limit $2",
    [period, LEAVES],
  );
  const deals = rows.map(({ deal }) => deal);
  const read = await readLeaves(pool, verifierSet, period);
  // Before the transaction: the chain may be slow to answer.
  const root = read === undefined ? undefined : await readRoot(context, pool, period);
  const kept = root === undefined ? [] : deals.flatMap((deal) => read?.(deal) ?? []);
  await inTransaction(pool, async (client) => {
    if (root !== undefined && kept.length > 0) {
      await client.query(
        `insert into audit.kept_roots (period, root, leaf_file_hash, leaves, final_at, votes) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing`,
        [period, root.root, root.leafFileHash, root.leaves, root.finalizedAt, root.votes],
      );
    }
    await client.query(
      `update audit.custody c set kept_period = $1, fulfilled = k.f, committed = k.c, verdict = k.v, fault_a = k.a, fault_b = k.b, path = k.p
from unnest($2::text[], $3::int[], $4::int[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bytea[]) as k (deal, f, c, v, a, b, p)
where c.deal = k.deal and c.to_period = $1 and c.closed and c.kept_period is null`,
      [
        period,
        kept.map(({ leaf }) => leaf.deal),
        kept.map(({ leaf }) => leaf.fulfilled),
        kept.map(({ leaf }) => leaf.committed),
        kept.map(({ leaf }) => leaf.verdict),
        kept.map(({ leaf }) => leaf.faultA),
        kept.map(({ leaf }) => leaf.faultB),
        kept.map(({ path }) => Buffer.concat(path.map(fromHex))),
      ],
    );
    // Of those whose leaf is not here nothing can be kept, and nothing is looked for again.
    await client.query(
      "update audit.custody set kept_period = -1 where to_period = $1 and closed and kept_period is null and deal = any($2)",
      [period, deals],
    );
    await joinOldest(client, deals, mostRuns);
  });
}

export interface ProvenLeaf {
  leaf: VerdictLeaf;
  path: Hex[];
}

/** The leaves of a final period with their ways to its root; undefined where none are here. */
export async function readLeaves(
  db: Queryable,
  verifierSet: Hex,
  period: number,
): Promise<((deal: DealId) => ProvenLeaf | undefined) | undefined> {
  const { rows } = await db.query<VerdictLeaf>(
    `select deal, period::float8 as period, fulfilled, committed, verdict::int as verdict, fault_a::float8 as "faultA", fault_b::float8 as "faultB"
from audit.leaves where verifier_set = $1 and period = $2 order by position`,
    [verifierSet, period],
  );
  if (rows.length === 0) return undefined;
  const tree = verdictTree(rows);
  const positions = new Map(rows.map(({ deal }, position) => [deal, position]));
  return (deal) => {
    const position = positions.get(deal);
    return position === undefined ? undefined : { leaf: rows[position] as VerdictLeaf, path: tree.path(position) };
  };
}

export interface FinalRoot {
  period: number;
  root: Hex;
  leafFileHash: Hex;
  leaves: number;
  /** Of the block in which the quorum was reached. */
  finalizedAt: number | null;
  /** Transactions by which a quorum voted for it, as they were signed; fewer where the chain has forgotten them. */
  votes: Hex[];
}

/** A final root, with as many of its votes as the quorum needs; undefined where the period is not final here. */
export async function readRoot(
  context: Pick<AuditContext, "quorum" | "readTransaction">,
  db: Queryable,
  period: number,
): Promise<FinalRoot | undefined> {
  const { rows } = await db.query<Omit<FinalRoot, "votes">>(
    `select period::float8 as period, root, leaf_file_hash as "leafFileHash", leaves, final_at::float8 as "finalizedAt"
from audit.periods where period = $1 and state = 'final'`,
    [period],
  );
  const [root] = rows;
  if (root === undefined) return undefined;
  const { rows: sent } = await db.query<{ transaction: Hex }>(
    "select transaction from audit.votes where period = $1 and root = $2 order by verifier",
    [period, root.root],
  );
  const votes: Hex[] = [];
  for (const { transaction } of sent) {
    if (votes.length >= context.quorum) break;
    const raw = await context.readTransaction?.(transaction);
    if (raw !== undefined) votes.push(raw);
  }
  return { ...root, votes };
}

/** The oldest two runs of a deal become one for as long as it has too many: the leaf of the later one says what both came to. */
async function joinOldest(db: Queryable, deals: readonly DealId[], mostRuns: number): Promise<void> {
  for (;;) {
    const { rows } = await db.query<{ deal: DealId }>(
      "select deal from audit.custody where deal = any($1) group by deal having count(*) > $2",
      [deals, mostRuns],
    );
    if (rows.length === 0) return;
    await db.query(
      `with pair as (
  select deal, (array_agg(from_period order by from_period))[1] as first, (array_agg(from_period order by from_period))[2] as second
  from audit.custody where deal = any($1) group by deal
), gone as (
  delete from audit.custody c using pair p where c.deal = p.deal and c.from_period = p.first
  returning c.deal, c.counted, coalesce(c.proved, case c.outcome when 'proved' then c.counted else 0 end) as proved,
    coalesce(c.on_chain, case c.outcome when 'chain' then c.counted else 0 end) as on_chain
)
update audit.custody c set outcome = 'mixed', from_period = p.first, counted = c.counted + g.counted,
  proved = g.proved + coalesce(c.proved, case c.outcome when 'proved' then c.counted else 0 end),
  on_chain = g.on_chain + coalesce(c.on_chain, case c.outcome when 'chain' then c.counted else 0 end)
from pair p join gone g using (deal) where c.deal = p.deal and c.from_period = p.second`,
      [rows.map(({ deal }) => deal)],
    );
  }
}
