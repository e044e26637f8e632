import type { Seconds } from "@cairn/protocol";
import type { Queryable } from "../queryable.ts";

const HOUR = 3600;
const DAY = 86_400;
export const HISTORY_STEPS = { hour: HOUR, day: DAY } as const;
export type HistoryStep = keyof typeof HISTORY_STEPS;

/** How long rows are kept: finely for the last days, and a row a day for ten years. A choice: some 4,000 rows of 500 bytes for an account. */
const KEPT_SECONDS = { hour: 8 * DAY, day: 3660 * DAY } as const;
/** How many points are read at once: all of them. */
const MOST_POINTS = 4000;
const BATCH = 10_000;

/** Accounts that have something, and whose figures were not written for `every` seconds: at most `limit`. */
export async function accountsToWrite(
  db: Queryable,
  { now, every, limit }: { now: Seconds; every: number; limit: number },
): Promise<string[]> {
  const { rows } = await db.query(
    `select a.id from catalog.accounts a
     where (a.owner is not null or exists (select from catalog.packages p where p.account = a.id))
       and not exists (select from catalog.figure_history h where h.account = a.id and h.step = 'hour' and h.at = $1::bigint and h.taken_at > $2::bigint)
     order by a.id limit $3`,
    [startOf(now, "hour"), now - every, limit],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

const startOf = (time: Seconds, step: HistoryStep) => time - (time % HISTORY_STEPS[step]);

/** Write an account's figures as those of this hour and day, unless another gateway has written later ones. Values are decimal text. */
export async function writeFigures(
  db: Queryable,
  { account, at, figures }: { account: string; at: Seconds; figures: Record<string, string> },
): Promise<void> {
  await db.query(
    `insert into catalog.figure_history as h (account, step, at, taken_at, figures)
     values ($1, 'hour', $2, $4, $5), ($1, 'day', $3, $4, $5)
     on conflict (account, step, at) do update set taken_at = excluded.taken_at, figures = h.figures || excluded.figures
       where h.taken_at <= excluded.taken_at`,
    [account, startOf(at, "hour"), startOf(at, "day"), at, JSON.stringify(figures)],
  );
}

export interface HistoryRequest {
  account: string;
  figure: string;
  step: HistoryStep;
  /** UNIX seconds, half-open: of the beginnings of hours or days. */
  from: Seconds;
  before: Seconds;
}

/** A figure as it last was in each hour or day, oldest first; those in which nothing was written are left out. */
export async function readHistory(
  db: Queryable,
  { account, figure, step, from, before }: HistoryRequest,
): Promise<{ at: Seconds; value: string }[]> {
  const { rows } = await db.query(
    `select * from (
       select at::float8 as at, figures ->> $3 as value from catalog.figure_history
       where account = $1 and step = $2 and at >= $4::bigint and at < $5::bigint and figures ? $3 order by at desc limit ${MOST_POINTS}) as newest
     order by at`,
    [account, step, figure, from, before],
  );
  return rows as { at: Seconds; value: string }[];
}

/** Forget what is older than is kept, at most 10,000 rows of each step at a time. */
export async function forgetFigures(db: Queryable, now: Seconds): Promise<void> {
  for (const step of Object.keys(HISTORY_STEPS) as HistoryStep[])
    await db.query(
      `delete from catalog.figure_history where (account, step, at) in (
         select account, step, at from catalog.figure_history where step = $1 and at < $2::bigint order by at limit ${BATCH})`,
      [step, now - KEPT_SECONDS[step]],
    );
}
