import { answerDeadline, type FinalizedHead, periodAt, periodStart } from "@cairn/core";
import { closePeriod } from "./close-period.ts";
import type { AuditContext } from "./context.ts";

/**
 * One round of the verifiers' work at a finalised head: open the running period, judge and vote the oldest that is due, give up
 * what the vote window has left behind. Periods are judged one after another, as their counts build on the last finalised one.
 */
export async function keepPeriods(context: AuditContext, head: FinalizedHead): Promise<void> {
  await Promise.all([openRunningPeriod(context, head), judgeDuePeriods(context, head)]);
}

async function openRunningPeriod(context: AuditContext, head: FinalizedHead): Promise<void> {
  const period = periodAt(head.timestamp, context.deployment);
  if (period < 0) return;
  const { rowCount } = await context.pool.query("select 1 from audit.periods where period = $1", [period]);
  if (rowCount !== 0 || (await context.ledger.seed(period)) !== undefined) return;
  const result = await context.ledger.openPeriod({ id: `open-period:${context.deployment.ledger}:${period}` });
  if (!result.ok && (await context.ledger.seed(period)) === undefined) {
    await context.tell({
      kind: "period-not-opened",
      severity: "warning",
      message: `Period ${period} has no seed: ${result.revert ?? "the transaction failed"}. It will neither pay nor fault.`,
    });
  }
}

async function judgeDuePeriods(context: AuditContext, head: FinalizedHead): Promise<void> {
  const { rows } = await context.pool.query<{ period: string; state: string }>(
    "select period, state from audit.periods where state in ('open', 'voted') order by period limit 16",
  );
  for (const row of rows) {
    const period = Number(row.period);
    const closes = periodStart(period + 1 + context.deployment.voteWindowPeriods, context.deployment);
    if (head.timestamp >= closes) {
      await voidPeriod(context, period);
      continue;
    }
    if (head.timestamp <= answerDeadline(period, context.deployment)) return;
    if (!(await hasDeals(context))) {
      await voidPeriod(context, period);
      continue;
    }
    await closePeriod(context, period, head);
    return;
  }
}

async function hasDeals(context: AuditContext): Promise<boolean> {
  const { rowCount } = await context.pool.query(
    "select 1 from catalog.deals where state = 'ACTIVE' and verifier_set = $1 limit 1",
    [context.verifierSet],
  );
  return rowCount !== 0;
}

/** No root in time, or nothing to judge: the period neither pays nor faults, unless proved on chain. */
async function voidPeriod(context: AuditContext, period: number): Promise<void> {
  const { rowCount } = await context.pool.query(
    "update audit.periods set state = 'void' where period = $1 and state <> 'final'",
    [period],
  );
  const { rows } = await context.pool.query<{ count: string }>(
    "select count(*) from audit.outcomes where period = $1",
    [period],
  );
  if (rowCount === 0 || rows[0]?.count === "0") return;
  await context.tell({
    kind: "period-void",
    severity: "warning",
    message: `Period ${period} got no agreed verdict in time: it neither pays nor faults.`,
    next: "If it happens often, check that the chain and the verifiers keep up.",
  });
}
