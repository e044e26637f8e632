import { inTransaction } from "@cairn/catalog";
import { answerDeadline, type PeriodClock, periodStart } from "@cairn/core";
import type { Seconds } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";
import type { WorkingContext } from "./context.ts";

/** A stretch of time in which the verifiers took no answers. */
export interface Absence {
  from: Seconds;
  to: Seconds;
}

/** Providers have found a gateway again, and have pushed their proofs once more, within this. */
const RETURN_SECONDS = 15;
/** Listening for so long without a break, or for all of a shorter window, is enough for everybody to be heard. */
const ENOUGH_SECONDS = 15;
/** A seed that appears with less than this share of the answer window left (or ENOUGH_SECONDS) appears too late to be answered. */
const LATE_SEED_SHARE = 0.25;

/** An absence ends when it is noted: one that ends further ahead of the chain than its estimated time may be off was written by a wrong clock. */
const AHEAD_SECONDS = 60;
/** When the chain went on by so much more than this process did, the machine slept. */
const ASLEEP_SECONDS = 60;

/**
 * Note that the verifiers are listening now. A gap since the last time (the process, its machine, the database or the chain was away)
 * is kept as an absence, as the silence of that time is their own. While the process runs, gaps are measured by monotonic time. What lies
 * ahead of the chain's time is taken back.
 */
export async function attend(context: WorkingContext): Promise<void> {
  const { clock, absentAfterSeconds, listenedAt } = context;
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const { gap, ahead } = await inTransaction(context.pool, async (client) => {
    const { rows } = await client.query("select last_at::float8 as last from audit.attendance for update");
    const last = (rows[0] as { last: number } | undefined)?.last ?? now;
    const { rowCount } = await client.query("delete from audit.absences where to_at > $1", [now + AHEAD_SECONDS]);
    await client.query(
      `insert into audit.attendance as a (last_at) values ($1) on conflict (one) do update
set last_at = case when a.last_at > $2 then excluded.last_at else greatest(a.last_at, excluded.last_at) end`,
      [now, now + AHEAD_SECONDS],
    );
    const gap = gapOf(now - last, listenedAt === undefined ? undefined : Math.ceil((monotonic - listenedAt) / 1000));
    if (gap > absentAfterSeconds) {
      await client.query("insert into audit.absences (from_at, to_at) values ($1, $2) on conflict do nothing", [
        now - gap,
        now,
      ]);
    }
    return { gap, ahead: rowCount !== 0 || last > now + AHEAD_SECONDS };
  });
  context.listenedAt = monotonic;
  await sayHeard(context, now, monotonic);
  if (ahead) {
    await context.tellOnce("absence-ahead", {
      kind: "absence-ahead",
      severity: "warning",
      message: "What was noted of the verifiers' attendance lay ahead of the chain's time, and was taken back.",
      next: "Check the clocks of this machine and of the chain's: `cairn doctor` compares them.",
    });
  }
  if (gap <= absentAfterSeconds) return;
  await context.tellOnce("verifiers-away", {
    kind: "verifiers-away",
    severity: "info",
    message: `The verifiers were away for ${gap} s: silence of that time is held against no provider, and not paid.`,
  });
}

/** Tell the other gateways of the database up to when all that arrived here is recorded. */
async function sayHeard({ pool, leases, inbox }: WorkingContext, now: Seconds, monotonic: number): Promise<void> {
  if (leases === undefined) return;
  const waiting = inbox.oldest === undefined ? 0 : Math.max(0, monotonic - inbox.oldest) / 1000;
  await pool.query({
    name: "audit-say-heard",
    text: `with old as (delete from audit.listeners where seen_at < now() - interval '1 hour')
           insert into audit.listeners (holder, heard_until, seen_at) values ($1, $2, now())
           on conflict (holder) do update set heard_until = excluded.heard_until, seen_at = excluded.seen_at`,
    values: [leases.holder, now - waiting],
  });
}

/** A gateway that said nothing for so long is not waited for. */
const LISTENER_SECONDS = 10;

/** Whether every other gateway that listens has recorded what arrived there up to `deadline`. */
export async function othersHeard({ pool, leases }: WorkingContext, deadline: Seconds): Promise<boolean> {
  if (leases === undefined) return true;
  const { rowCount } = await pool.query({
    name: "audit-others-heard",
    text: `select from audit.listeners where holder <> $1 and heard_until <= $2 and seen_at > now() - interval '${LISTENER_SECONDS} seconds'
           limit 1`,
    values: [leases.holder, deadline],
  });
  return rowCount === 0;
}

/** Pure. @param passed seconds of this process; undefined in its first round */
function gapOf(onChain: number, passed: number | undefined): number {
  return passed === undefined || onChain - passed > ASLEEP_SECONDS ? onChain : passed;
}

/** What is known of the verifiers' own attendance around one period. */
export interface Attendance {
  /** They listened long enough in its answer window for silence to mean something. */
  heard: boolean;
  /** Until when answers are taken as if they had come in time. */
  takenUntil: Seconds;
}

/** @param now an absence that is not over, as nobody has noted the return yet, lasts until then */
export async function attendanceOf(
  db: Pick<PoolClient | Pool, "query">,
  period: number,
  clock: PeriodClock,
  now: Seconds,
  absentAfterSeconds: number,
): Promise<Attendance> {
  const start = periodStart(period, clock);
  const deadline = answerDeadline(period, clock);
  const { rows } = await db.query(
    `select from_at::float8 as "from", to_at::float8 as "to" from audit.absences
  where to_at > $1 - ${RETURN_SECONDS} and to_at <= $2 + ${AHEAD_SECONDS}
union all select last_at::float8, $2::float8 from audit.attendance where last_at + $3::float8 < $2::float8
order by 1`,
    [start, now, absentAfterSeconds],
  );
  const seed = await db.query(`select opened_at::float8 as "openedAt" from audit.periods where period = $1`, [period]);
  const openedAt = (seed.rows[0] as { openedAt: number | null } | undefined)?.openedAt ?? start;
  const absences = rows as Absence[];
  return {
    heard: isAttended(start, deadline, absences) && isOpenedInTime(start, deadline, openedAt),
    takenUntil: answersTakenUntil(deadline, absences),
  };
}

/** Pure: does a seed that appears at `openedAt` leave enough of [start, deadline] to answer it? */
export function isOpenedInTime(start: Seconds, deadline: Seconds, openedAt: Seconds): boolean {
  return deadline - openedAt >= Math.min(ENOUGH_SECONDS, (deadline - start) * LATE_SEED_SHARE);
}

/** Pure: is there a stretch of [start, deadline] long enough, clear of absences (in order of their beginning) and of the return from them? */
export function isAttended(start: Seconds, deadline: Seconds, absences: readonly Absence[]): boolean {
  const enough = Math.min(ENOUGH_SECONDS, deadline - start);
  let clearFrom = start;
  for (const { from, to } of absences) {
    if (Math.min(from, deadline) - clearFrom >= enough) return true;
    clearFrom = Math.max(clearFrom, to + RETURN_SECONDS);
  }
  return deadline - clearFrom >= enough;
}

/**
 * Pure: the deadline, put off for those who knocked while the verifiers were away (absences in order of their beginning): they knock again
 * until they are answered, and have found their way back within RETURN_SECONDS.
 */
export function answersTakenUntil(deadline: Seconds, absences: readonly Absence[]): Seconds {
  return absences.reduce(
    (until, { from, to }) => (from <= until ? Math.max(until, to + RETURN_SECONDS) : until),
    deadline,
  );
}
