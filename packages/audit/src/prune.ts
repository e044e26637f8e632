import { projectedUntil } from "@cairn/catalog";
import { periodAt, periodStart } from "@cairn/core";
import type { AuditContext } from "./context.ts";
import { SILENCE_WINDOW } from "./judge-period.ts";

/** Rows of one table deleted in one go. */
const BATCH = 10_000;
/** Reports of damage, and absences of the verifiers, are kept for so long. */
const MEMORY_SECONDS = 30 * 86_400;

/**
 * Drop what nothing needs any more: outcomes and leaves of periods that are over a silence window and the dispute window behind the
 * newest final one (FAULTs of deals that are still ACTIVE stay, and the newest final period, from which deals are settled), evidence and
 * tallies of deals that have ended, old reports of damage and old absences. Leaf files stay: they are the public custody record.
 */
export async function prune(context: AuditContext): Promise<void> {
  const known = await projectedUntil(context.pool);
  if (known === undefined) return;
  const { deployment, verifierSet, pool } = context;
  const { rows } = await pool.query<{ final: number | null }>(
    "select max(period)::float8 as final from audit.periods where state = 'final' and leaves > 0",
  );
  const newest = rows[0]?.final ?? periodAt(known, deployment);
  const before = newest - deployment.disputePeriods - deployment.voteWindowPeriods - SILENCE_WINDOW;
  await pool.query(
    "delete from audit.outcomes where ctid = any(array(select ctid from audit.outcomes where period < $1 limit $2))",
    [before, BATCH],
  );
  await pool.query(
    `delete from audit.leaves where ctid = any(array(select l.ctid from audit.leaves l
where l.verifier_set = $1 and l.period < $2 and (l.verdict <> 2 or l.refused is not null
  or not exists (select from catalog.deals d where d.deal = l.deal and d.state = 'ACTIVE')) limit $3))`,
    [verifierSet, before, BATCH],
  );
  for (const table of ["audit.evidence", "audit.tallies"]) {
    await pool.query(
      `delete from ${table} t using catalog.deals d where d.deal = t.deal and d.state not in ('PROPOSED', 'ACTIVE')`,
    );
  }
  await pool.query("delete from audit.absences where to_at < $1", [periodStart(before, deployment)]);
  await pool.query("delete from audit.damage where reported_at < $1", [known - MEMORY_SECONDS]);
  await pool.query("delete from audit.absences where to_at < $1", [known - MEMORY_SECONDS]);
}
