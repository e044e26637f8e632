import { projectedUntil } from "@cairn/catalog";
import { DRIVEN, periodAt, periodStart } from "@cairn/core";
import type { AuditContext } from "./context.ts";
import { SILENCE_WINDOW } from "./judge-period.ts";

/** Rows of one table deleted in one go. */
const BATCH = 10_000;
/** Periods whose record is dropped in one go. */
const RECORDS = 100;
/** Reports of damage and checks are kept for this long. */
const MEMORY_SECONDS = 30 * 86_400;

/**
 * Drop what nothing needs any more: outcomes and leaves of periods that are over a silence window and the dispute window behind the
 * newest final one (the newest final period of each deal that is ACTIVE, or whose pay is held, stays whole: its leaf decides what is earned), evidence and
 * tallies of deals that have ended, old reports of damage, old absences and old checks. Leaf files are the public record: they are kept
 * for `recordSeconds`, and beyond for as long as a leaf of their period is; so are the custody runs of deals that have ended.
 */
export async function prune(context: AuditContext, recordSeconds = Number.POSITIVE_INFINITY): Promise<void> {
  const known = await projectedUntil(context.pool);
  if (known === undefined) return;
  const { deployment, pool } = context;
  const { rows } = await pool.query<{ final: number | null }>(
    "select max(period)::float8 as final from audit.periods where state = 'final' and leaves > 0",
  );
  const newest = rows[0]?.final ?? periodAt(known, deployment);
  const before = newest - deployment.disputePeriods - deployment.voteWindowPeriods - SILENCE_WINDOW;
  await pool.query(
    "delete from audit.outcomes where ctid = any(array(select ctid from audit.outcomes where period < $1 limit $2))",
    [before, BATCH],
  );
  await pool.query("delete from audit.votes where period < $1", [before]);
  await dropLeaves(context, before);
  for (const table of ["audit.evidence", "audit.tallies", "audit.refused_reads", "audit.spares"]) {
    await pool.query(
      `delete from ${table} t using catalog.deals d where d.deal = t.deal and d.state not in ('PROPOSED', 'ACTIVE')`,
    );
  }
  await pool.query("delete from audit.damage where reported_at < $1", [known - MEMORY_SECONDS]);
  // Absences say whose silence it was: of use for as long as a period's outcomes are.
  await pool.query("delete from audit.absences where to_at < $1", [periodStart(before, deployment)]);
  await pool.query("delete from audit.checks where finished_at < $1", [known - MEMORY_SECONDS]);
  if (!Number.isFinite(recordSeconds)) return;
  await dropRecords(context, Math.min(before, periodAt(known - recordSeconds, deployment)));
  await dropCustody(context, known - recordSeconds);
}

/** Whole periods: a leaf's path takes all leaves of its period. */
async function dropLeaves({ pool, verifierSet }: AuditContext, before: number): Promise<void> {
  const old = await pool.query("select from audit.leaves where verifier_set = $1 and period < $2 limit 1", [
    verifierSet,
    before,
  ]);
  if (old.rowCount === 0) return;
  await pool.query(
    `with needed as (
  select distinct newest.period from catalog.deals d
  cross join lateral (
    select l.period from audit.leaves l join audit.periods p on p.period = l.period and p.state = 'final'
    where l.verifier_set = $1 and l.deal = d.deal order by l.period desc limit 1
  ) newest
  where d.verifier_set = $1 and (d.state = 'ACTIVE' or d.state = 'COMPLETED' and d.escrow > d.paid + d.refunded)
  union select to_period from audit.custody where closed and kept_period is null
)
delete from audit.leaves where ctid = any(array(select l.ctid from audit.leaves l
  where l.verifier_set = $1 and l.period < $2 and l.period not in (select period from needed) limit $3))`,
    [verifierSet, before, BATCH],
  );
}

/** Files first: a row without its file is found again, a file without its row never. */
async function dropRecords({ pool, leafFiles }: AuditContext, before: number): Promise<void> {
  const { rows } = await pool.query<{ period: string; leaf_file_hash: string | null }>(
    `select period, leaf_file_hash from audit.periods p where period < $1 and state in ('final', 'void')
and not exists (select from audit.leaves l where l.period = p.period) order by period limit $2`,
    [before, RECORDS],
  );
  for (const { leaf_file_hash: hash } of rows) if (hash !== null) await leafFiles.remove(`leaves/${hash.slice(2)}`);
  await pool.query("delete from audit.periods where period = any($1::bigint[])", [rows.map(({ period }) => period)]);
}

/** A deal's custody record is kept for as long as the deal lives or its package is kept here, and then as long as the periods that it speaks of. */
async function dropCustody({ pool }: AuditContext, endedBefore: number): Promise<void> {
  await pool.query(
    `delete from audit.custody where ctid = any(array(select c.ctid from audit.custody c join catalog.deals d on d.deal = c.deal
  where d.ended_at < $1 and not exists (select from catalog.packages p
    where p.document_hash = d.document_hash and p.owner = d.owner and p.state = any($3)) limit $2))`,
    [endedBefore, BATCH, DRIVEN],
  );
  await pool.query(
    "delete from audit.kept_roots r where not exists (select from audit.custody c where c.kept_period = r.period)",
  );
}
