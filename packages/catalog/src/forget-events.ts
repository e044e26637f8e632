import type { Queryable } from "./queryable.ts";

/** Rows deleted in one go. */
const BATCH = 10_000;

export interface EventRetention {
  /** Events older than this are forgotten. */
  seconds: number;
  /** At most this many events are kept, the newest, whatever their age. */
  count: number;
}

/** Forget old events, at most 10,000 at a time. @returns how many */
export async function forgetEvents(db: Queryable, { seconds, count }: EventRetention): Promise<number> {
  const { rowCount } = await db.query(
    `delete from catalog.events where id in (
       select id from catalog.events
       where at < now() - make_interval(secs => $1) or id <= (select max(id) from catalog.events) - $2
       order by id limit $3)`,
    [seconds, count, BATCH],
  );
  return rowCount ?? 0;
}
