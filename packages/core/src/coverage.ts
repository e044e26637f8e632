import { HOURS_PER_WEEK } from "./periods.ts";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** How many of the duty masks are on duty in each hour of the week. */
export function awakeByHour(duties: readonly bigint[]): number[] {
  return Array.from(
    { length: HOURS_PER_WEEK },
    (_, hour) => duties.filter((duty) => ((duty >> BigInt(hour)) & 1n) === 1n).length,
  );
}

/** Hours of the week (0 = Monday 00:00 UTC) in which fewer than `needed` of the duty masks are on duty. */
export function uncoveredHours(duties: readonly bigint[], needed: number): number[] {
  return awakeByHour(duties).flatMap((awake, hour) => (awake < needed ? [hour] : []));
}

/** Number of hours per week that a duty mask covers. */
export function hoursOnDuty(duty: bigint): number {
  return awakeByHour([duty]).reduce((sum, awake) => sum + awake, 0);
}

/** Ascending hours of the week in words, runs joined and days named: `Mon 03:00–05:00, Tue 22:00–Wed 02:00 UTC`. */
export function describeHours(hours: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const hour of hours) {
    const last = runs.at(-1);
    if (last?.[1] === hour) last[1] = hour + 1;
    else runs.push([hour, hour + 1]);
  }
  return runs.length === 0 ? "no hour" : `${runs.map(describeRun).join(", ")} UTC`;
}

function describeRun([from, to]: [number, number]): string {
  const clock = (hour: number) => `${String(hour % 24).padStart(2, "0")}:00`;
  const day = (hour: number) => DAYS[Math.floor(hour / 24) % 7]!;
  const end = Math.floor(from / 24) === Math.floor((to - 1) / 24) ? "" : `${day(to - 1)} `;
  const until = to % 24 === 0 ? "24:00" : clock(to);
  return `${day(from)} ${clock(from)}–${end}${until}`;
}

/**
 * Scheduled periods that a deal of `seconds` has under a duty mask, at least one: on average `seconds / periodSeconds` times the
 * share of the week that is on duty.
 */
export function periodsFor(seconds: number, periodSeconds: number, duty: bigint): number {
  return Math.max(1, Math.ceil((seconds / periodSeconds) * (hoursOnDuty(duty) / HOURS_PER_WEEK)));
}
