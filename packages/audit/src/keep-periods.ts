import { setTimeout as sleep } from "node:timers/promises";
import { projectedUntil } from "@cairn/catalog";
import {
  answerDeadline,
  type Deployment,
  type FinalizedHead,
  periodAt,
  periodStart,
  seedDeadline,
  submitRefusal,
} from "@cairn/core";
import { asCairnError, type Hex, type Seconds } from "@cairn/protocol";
import type { AuditProjection } from "./apply-events.ts";
import { othersHeard } from "./attendance.ts";
import { closePeriod } from "./close-period.ts";
import type { WorkingContext } from "./context.ts";
import { hearPeriod } from "./hear-period.ts";
import { probeSilent } from "./probe-silent.ts";

/** Looks for the opening in `latest`: it need not be final for its seed to be drawn. */
const OPENING_POLL_SECONDS = 0.2;

/**
 * Have the running period opened and its seed drawn, once; whoever else was quicker does as well. The seed is the hash of the block that
 * opened the period, so the draw follows in the next one.
 */
export async function openRunningPeriod(context: WorkingContext, head: FinalizedHead): Promise<void> {
  const { deployment, ledger } = context;
  const period = periodAt(head.timestamp, deployment);
  if (period < 0 || head.timestamp >= seedDeadline(period, deployment)) return;
  const { rowCount } = await context.pool.query("select 1 from audit.periods where period = $1", [period]);
  if (rowCount !== 0 || (await ledger.seed(period)) !== undefined) return;
  const reason = await openAndDraw(context, period).catch((error: unknown) => {
    const { code, message } = asCairnError(error);
    if (code === "stopping") throw error;
    return message;
  });
  if (reason === undefined || (await ledger.seed(period)) !== undefined) return;
  await context.tellOnce("period-not-opened", {
    kind: "period-not-opened",
    severity: "warning",
    message: `Period ${period} has no seed: ${reason}. It will neither pay nor fault.`,
    next: "Check that the chain is reachable and that the executor has coins for gas.",
  });
}

const openAndDraw = async (context: WorkingContext, period: number): Promise<string | undefined> =>
  (await openPeriod(context, period)) ?? (await drawSeed(context, period));

/** Resolves as soon as the opening stands in a block, or with why it does not. */
async function openPeriod({ ledger, deployment }: WorkingContext, period: number): Promise<string | undefined> {
  if ((await ledger.openedIn(period)) !== undefined) return undefined;
  let ended = false;
  const sent = submitRefusal(() => ledger.openPeriod({ id: `open-period:${deployment.ledger}:${period}` })).then(
    (refusal) => {
      ended = true;
      return refusal?.message;
    },
  );
  // Whoever awaits it sees a failure; once the opening stands, nobody has to.
  sent.catch(() => undefined);
  while (!ended && (await ledger.openedIn(period).catch(() => undefined)) === undefined) {
    await Promise.race([sent, sleep(OPENING_POLL_SECONDS * 1000)]);
  }
  const reason = ended ? await sent : undefined;
  return (await ledger.openedIn(period)) === undefined ? (reason ?? "it was not opened") : undefined;
}

async function drawSeed({ ledger, deployment }: WorkingContext, period: number): Promise<string | undefined> {
  const id = `draw-seed:${deployment.ledger}:${period}`;
  return (await submitRefusal(() => ledger.drawSeed({ id }, period)))?.message;
}

/**
 * Judge and vote the oldest period that is due, and give up what the vote window has left behind. Periods are judged one after another,
 * as their counts build on the last finalised one. A period is due when all that the chain says up to its deadline is known here, so that
 * after an outage nobody is judged on half of the events; when those who knocked while the verifiers were away have had the time to knock
 * again; when every proof that arrived has been looked at; and when whoever is missing has been asked again.
 */
export async function judgeDuePeriods(
  context: WorkingContext,
  projection: Pick<AuditProjection, "appliedUntil">,
  head: FinalizedHead,
): Promise<void> {
  const [applied, projected] = await Promise.all([projection.appliedUntil(), projectedUntil(context.pool)]);
  if (applied === undefined || projected === undefined) return;
  const known = Math.min(head.timestamp, applied, projected);
  const { deployment, verifierSet } = context;
  const { rows } = await context.pool.query<{ period: string; root: Hex | null }>(
    "select period, root from audit.periods where state in ('open', 'voted') order by period limit 1000",
  );
  const undecided = new Set(rows.filter(({ root }) => root === null).map(({ period }) => Number(period)));
  for (const period of context.probes.keys()) if (!undecided.has(period)) context.probes.delete(period);
  // All that are due are asked about at once, so that one provider's stalling does not keep later periods waiting.
  const heard = new Map<number, boolean>();
  for (const { period, root } of rows) {
    if (known <= answerDeadline(Number(period), deployment)) break;
    if (root === null) heard.set(Number(period), await isHeard(context, Number(period), known));
  }
  for (const row of rows) {
    const period = Number(row.period);
    if (known >= voteDeadline(period, deployment)) {
      // Votes that were sent in time are about to be known as final: their counts are the next period's beginning.
      if (row.root !== null && (await context.ledger.finalizedRoot(verifierSet, period))?.root === row.root) return;
      await voidPeriod(context, period, row.root);
      continue;
    }
    if (known <= answerDeadline(period, deployment)) return;
    const late = known >= judgedAtLatest(period, deployment);
    if (row.root === null && !late && heard.get(period) !== true) return;
    const closed = await closePeriod(context, period, head, heard.get(period) === true);
    if (closed) return;
    await voidPeriod(context, period, null);
  }
}

const voteDeadline = (period: number, { voteWindowPeriods, ...clock }: Deployment) =>
  periodStart(period + 1 + voteWindowPeriods, clock);

/** Whoever is still on the way then, a period is judged, lest it be void for all. */
const judgedAtLatest = (period: number, deployment: Deployment): Seconds => {
  const deadline = answerDeadline(period, deployment);
  return deadline + (voteDeadline(period, deployment) - deadline) * 0.75;
};

/** Whether all that is to be heard of a period has been, and those who are missing have been asked; begins to ask them. */
async function isHeard(context: WorkingContext, period: number, known: Seconds): Promise<boolean> {
  const { deployment, clock, inbox, probes } = context;
  const asked = probes.get(period);
  if (asked !== undefined) return asked.done;
  const hearing = await hearPeriod(context, context.pool, period);
  if (hearing.silent.length === 0) return true;
  if (known <= hearing.attendance.takenUntil) return false;
  const sinceDeadline = (known - answerDeadline(period, deployment)) * 1000;
  if (inbox.holdsFrom(clock.monotonic() - sinceDeadline)) return false;
  if (!(await othersHeard(context, answerDeadline(period, deployment)))) return false;
  const probe = { done: false };
  probes.set(period, probe);
  void probeSilent(context, period, hearing)
    .catch((error: unknown) =>
      context.tellOnce("probe-failed", {
        kind: "probe-failed",
        severity: "warning",
        message: `Period ${period}: those who are missing could not be asked: ${asCairnError(error).message}.`,
      }),
    )
    .catch(() => undefined)
    .finally(() => {
      probe.done = true;
    });
  return false;
}

/**
 * No root in time, or nothing to judge: the period neither pays nor faults, unless proved on chain.
 * @param root the root that was looked for on chain: when another round has judged the period meanwhile, the next one looks again
 */
async function voidPeriod(context: WorkingContext, period: number, root: Hex | null): Promise<void> {
  const { rowCount } = await context.pool.query(
    `update audit.periods set state = 'void' where period = $1 and state <> 'final' and root is not distinct from $2`,
    [period, root],
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
