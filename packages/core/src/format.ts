const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A size in decimal units with three digits: `1.23 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

/** A time as `2026-11-29 12:00`, in UTC; a dash where there is none yet. */
export const minuteWords = (seconds: number | null): string =>
  seconds === null ? "—" : new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

/** A length of time in words. Rounded before it is split, so that no part reaches the next unit. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) {
    const rest = whole % 60;
    return `${Math.floor(whole / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
  }
  if (whole < 2 * 86_400) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** `1 file`, `2 files`; the plural where it is not the word and an s. */
export function counted(count: number, word: string, plural = `${word}s`): string {
  return `${count} ${count === 1 ? word : plural}`;
}
