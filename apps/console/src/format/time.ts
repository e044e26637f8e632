const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "long" });
const STEPS = [
  { unit: "second", seconds: 1, below: 60 },
  { unit: "minute", seconds: 60, below: 3600 },
  { unit: "hour", seconds: 3600, below: 86_400 },
  { unit: "day", seconds: 86_400, below: 86_400 * 45 },
  { unit: "month", seconds: 86_400 * 30.44, below: 86_400 * 545 },
  { unit: "year", seconds: 86_400 * 365.25, below: Number.POSITIVE_INFINITY },
] as const;

/** `3 minutes ago`, `in 2 days`. Both times in UNIX seconds. */
export function relativeTime(at: number, now: number): string {
  const away = at - now;
  const step = STEPS.find(({ below }) => Math.abs(away) < below) ?? STEPS[STEPS.length - 1]!;
  if (Math.abs(away) < 1) return "now";
  const count = away / step.seconds;
  // Months are no whole number of days: 60 days are two.
  return relative.format(step.seconds > 86_400 ? Math.round(count) : Math.trunc(count), step.unit);
}

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

/** `29 Nov 2026, 12:00:00 UTC`, in the person's own time zone. */
export const exactTime = (at: number): string => exact.format(at * 1000);

/** A length of time: `2 h 05 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  if (whole < 2 * 86_400) {
    return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
  }
  return `${Math.round(whole / 86_400)} days`;
}
