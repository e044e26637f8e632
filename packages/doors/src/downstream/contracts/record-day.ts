import type pg from "pg";

/** The UTC day of an instant (seconds since 1970), as YYYY-MM-DD. */
export function dayOf(now: number): string {
  return new Date(now * 1000).toISOString().slice(0, 10);
}

/**
 * Keep every farmer's counters as they stand at the beginning of the UTC day of `now` (seconds since 1970). Whoever comes first on a day
 * decides; later calls change nothing.
 *
 * @returns how many farmers were recorded
 */
export async function recordDay(pool: pg.Pool, now: number): Promise<number> {
  const { rowCount } = await pool.query(
    `insert into downstream.days (token_id, day, heartbeats, missed, up_seconds)
     select id, $1::date, heartbeats, missed, greatest(0, covered_seconds - greatest(0, covered_until - $2))
     from downstream.tokens
     where first_start is not null and not exists (select from downstream.days where day = $1::date limit 1)
     on conflict do nothing`,
    [dayOf(now), now],
  );
  return rowCount ?? 0;
}
