import type pg from "pg";

const DAY_SECONDS = 86_400;

/**
 * Keeps every farmer's counters as they stand when the UTC day of `now` (seconds since 1970) begins: what `farmerHistory` subtracts. To be
 * called soon after midnight and whenever the node starts; repeating it within a day changes nothing. Farmers that came during the day
 * have nothing to keep. Returns how many were kept now.
 */
export async function recordDay(pool: pg.Pool, now: number): Promise<number> {
  const midnight = Math.floor(now / DAY_SECONDS) * DAY_SECONDS;
  const { rowCount } = await pool.query(
    `insert into downstream.days (token_id, day, heartbeats, missed, up_seconds)
     select id, (to_timestamp($1) at time zone 'utc')::date, heartbeats, missed,
       greatest(0, covered_seconds - greatest(0, coalesce(covered_until, 0) - $1))
     from downstream.tokens where created_at < $1
     on conflict do nothing`,
    [midnight],
  );
  return rowCount ?? 0;
}
