import type pg from "pg";

/** One farmer's UTC day. */
export interface FarmerDay {
  /** `2026-11-21` */
  day: string;
  /** Answers that were accepted, and windows that passed without one. */
  accepted: number;
  missed: number;
  /** Percent of the part of the day since the first contract began that a contract covered, 2 decimals; null when the node has no record. */
  uptime: number | null;
}

const DAY_SECONDS = 86_400;
/** A day longer than anyone looks back; also keeps the arithmetic of hostile figures small. */
const MOST_DAYS = 366;

interface Standing {
  /** Days since 1970. */
  day: number;
  heartbeats: number;
  missed: number;
  up: number;
}

/**
 * A farmer's last `days` UTC days up to that of `now` (seconds since 1970), oldest first, from the day it came; undefined when there is
 * no such farmer. A day is the difference of the counters at its two ends. Where the node was away for a whole day, nothing was accepted or
 * missed in it and its uptime is null. Nothing is written.
 */
export async function farmerHistory(
  pool: pg.Pool,
  farmerId: string,
  days: number,
  now: number,
): Promise<FarmerDay[] | undefined> {
  const today = Math.floor(now / DAY_SECONDS);
  const oldest = today - Math.min(Math.max(days, 1), MOST_DAYS) + 1;
  const { rows } = await pool.query<{
    token_id: number;
    created_at: number;
    first_start: number | null;
    heartbeats: string;
    missed: string;
    up: number;
  }>(
    `select id as token_id, created_at, first_start, heartbeats, missed,
       greatest(0, covered_seconds - greatest(0, coalesce(covered_until, 0) - $2)) as up
     from downstream.tokens where farmer_id = $1`,
    [farmerId, now],
  );
  const farmer = rows[0];
  if (farmer === undefined) return undefined;
  const kept = await pool.query<{ day: number; heartbeats: string; missed: string; up_seconds: number }>(
    `select day - date '1970-01-01' as day, heartbeats, missed, up_seconds from downstream.days
     where token_id = $1 and day between date '1970-01-01' + $2::int and date '1970-01-01' + $3::int order by day`,
    [farmer.token_id, oldest, today],
  );
  const came = Math.floor(farmer.created_at / DAY_SECONDS);
  const standings: Standing[] = kept.rows.map((row) => ({
    day: row.day,
    heartbeats: Number(row.heartbeats),
    missed: Number(row.missed),
    up: row.up_seconds,
  }));
  if (came >= oldest) standings.unshift({ day: came, heartbeats: 0, missed: 0, up: 0 });
  standings.push({
    day: today + 1,
    heartbeats: Number(farmer.heartbeats),
    missed: Number(farmer.missed),
    up: farmer.up,
  });
  return daysBetween(standings, farmer.first_start, now);
}

/** Standings are in order of days; the last one is that of `now`. What several days share falls on the first of them. */
function daysBetween(standings: Standing[], firstStart: number | null, now: number): FarmerDay[] {
  return standings.slice(1).flatMap((end, index) => {
    const begin = standings[index] ?? end;
    return Array.from({ length: end.day - begin.day }, (_, offset): FarmerDay => {
      const number = begin.day + offset;
      const day = new Date(number * DAY_SECONDS * 1000).toISOString().slice(0, 10);
      if (offset > 0) return { day, accepted: 0, missed: 0, uptime: null };
      return {
        day,
        accepted: end.heartbeats - begin.heartbeats,
        missed: end.missed - begin.missed,
        uptime: uptimeOf(number, end.up - begin.up, firstStart, now),
      };
    });
  });
}

function uptimeOf(day: number, upSeconds: number, firstStart: number | null, now: number): number | null {
  if (firstStart === null) return null;
  const seconds = Math.min((day + 1) * DAY_SECONDS, now) - Math.max(day * DAY_SECONDS, firstStart);
  if (seconds <= 0) return null;
  return Math.round(10_000 * Math.min(1, Math.max(0, upSeconds / seconds))) / 100;
}
