import { inTransaction } from "@cairn/catalog";
import { answerDeadline, type PeriodClock, periodStart, type Seconds } from "@cairn/core";
import type { PoolClient } from "pg";
import type { WorkingContext } from "./context.ts";

/** A stretch of chain time in which the verifiers took no answers. */
interface Absence {
  from: Seconds;
  to: Seconds;
}

/** Providers have found a gateway again, and have pushed their proofs once more, within this. */
const RETURN_SECONDS = 15;
/** Listening for so long without a break, or for all of a shorter window, is enough for everybody to be heard. */
const ENOUGH_SECONDS = 15;

/**
 * Note that the verifiers are at work at chain time `now`. A gap since the last time (gateway, database or chain were away) is kept as an
 * absence, as the silence of that time is their own.
 */
export async function attend(context: WorkingContext, now: Seconds, absentAfterSeconds: number): Promise<void> {
  const absence = await inTransaction(context.pool, async (client): Promise<Absence | undefined> => {
    const { rows } = await client.query("select last_at::float8 as last from audit.attendance for update");
    const last = (rows[0] as { last: number } | undefined)?.last;
    await client.query(
      `insert into audit.attendance as a (last_at) values ($1)
on conflict (one) do update set last_at = greatest(a.last_at, excluded.last_at)`,
      [now],
    );
    if (last === undefined || now - last <= absentAfterSeconds) return undefined;
    await client.query("insert into audit.absences (from_at, to_at) values ($1, $2) on conflict do nothing", [
      last,
      now,
    ]);
    return { from: last, to: now };
  });
  if (absence === undefined) return;
  await context.tellOnce("verifiers-away", {
    kind: "verifiers-away",
    severity: "info",
    message: `The verifiers were away for ${absence.to - absence.from} s: silence of that time is held against no provider, and not paid.`,
  });
}

/** Whether the verifiers listened long enough in a period's answer window for silence to mean something. */
export async function wasAttended(
  client: Pick<PoolClient, "query">,
  period: number,
  clock: PeriodClock,
): Promise<boolean> {
  const start = periodStart(period, clock);
  const deadline = answerDeadline(period, clock);
  const { rows } = await client.query(
    `select from_at::float8 as "from", to_at::float8 as "to" from audit.absences
where from_at < $2 and to_at > $1 - ${RETURN_SECONDS} order by from_at`,
    [start, deadline],
  );
  return isAttended(start, deadline, rows as Absence[]);
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
