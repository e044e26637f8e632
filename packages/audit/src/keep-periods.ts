import { projectedUntil } from "@cairn/catalog";
import { answerDeadline, asCairnError, type FinalizedHead, periodAt, periodStart } from "@cairn/core";
import type { AuditProjection } from "./apply-events.ts";
import { closePeriod } from "./close-period.ts";
import type { WorkingContext } from "./context.ts";

/** Have the running period's seed drawn, once; whoever else was quicker does as well. */
export async function openRunningPeriod(context: WorkingContext, head: FinalizedHead): Promise<void> {
  const period = periodAt(head.timestamp, context.deployment);
  if (period < 0) return;
  const { rowCount } = await context.pool.query("select 1 from audit.periods where period = $1", [period]);
  if (rowCount !== 0 || (await context.ledger.seed(period)) !== undefined) return;
  let reason: string;
  try {
    const result = await context.ledger.openPeriod({ id: `open-period:${context.deployment.ledger}:${period}` });
    if (result.ok) return;
    reason = result.revert ?? "the transaction failed";
  } catch (error) {
    reason = asCairnError(error).message;
  }
  if ((await context.ledger.seed(period)) !== undefined) return;
  await context.tellOnce("period-not-opened", {
    kind: "period-not-opened",
    severity: "warning",
    message: `Period ${period} has no seed: ${reason}. It will neither pay nor fault.`,
    next: "Check that the chain is reachable and that the executor has coins for gas.",
  });
}

/**
 * Judge and vote the oldest period that is due, and give up what the vote window has left behind. Periods are judged one after another,
 * as their counts build on the last finalised one. A period is due when all that the chain says up to its deadline is known here, so that
 * after an outage nobody is judged on half of the events.
 */
export async function judgeDuePeriods(
  context: WorkingContext,
  projection: Pick<AuditProjection, "appliedUntil">,
  head: FinalizedHead,
): Promise<void> {
  const [applied, projected] = await Promise.all([projection.appliedUntil(), projectedUntil(context.pool)]);
  if (applied === undefined || projected === undefined) return;
  const known = Math.min(head.timestamp, applied, projected);
  const { rows } = await context.pool.query<{ period: string }>(
    "select period from audit.periods where state in ('open', 'voted') order by period limit 1000",
  );
  for (const row of rows) {
    const period = Number(row.period);
    const closes = periodStart(period + 1 + context.deployment.voteWindowPeriods, context.deployment);
    if (known >= closes) {
      await voidPeriod(context, period);
      continue;
    }
    if (known <= answerDeadline(period, context.deployment)) return;
    if (await closePeriod(context, period, head)) return;
    await voidPeriod(context, period);
  }
}

/** No root in time, or nothing to judge: the period neither pays nor faults, unless proved on chain. */
async function voidPeriod(context: WorkingContext, period: number): Promise<void> {
  const { rowCount } = await context.pool.query(
    `update audit.periods set state = 'void' where period = $1 and state <> 'final'`,
    [period],
  );
  const { rowCount: answered } = await context.pool.query("select from audit.outcomes where period = $1 limit 1", [
    period,
  ]);
  if (rowCount === 0 || answered === 0) return;
  await context.tellOnce("period-void", {
    kind: "period-void",
    severity: "warning",
    message: `Period ${period} got no agreed verdict in time: it neither pays nor faults.`,
    next: "If it happens often, check that the chain and the verifiers keep up.",
  });
}
