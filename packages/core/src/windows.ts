import { CairnError } from "@cairn/protocol";
import { ALWAYS_ON, HOURS_PER_WEEK } from "./periods.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MAX_TEXT = 1024;
const MINUTES_PER_WEEK = HOURS_PER_WEEK * 60;

function badWindows(text: string, why: string): CairnError {
  return new CairnError(`weekly windows ${JSON.stringify(text.slice(0, 80))}: ${why}`, {
    code: "bad-windows",
    kind: "input",
    next: 'Write windows such as "mon-fri 18-24, sat-sun 0-24", "fri 22-6" or "always".',
  });
}

function parseDays(text: string, whole: string): number[] {
  const [first, last = first, ...more] = text.split("-").map((name) => DAYS.indexOf(name));
  if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) {
    throw badWindows(whole, `"${text}" is not a day or a range of days (mon, tue, … sun)`);
  }
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, i) => (first + i) % 7);
}

function parseHours(text: string, whole: string): { start: number; length: number } {
  const match = /^(\d{1,2})-(\d{1,2})$/.exec(text);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  if (match === null || start > 23 || end > 24 || start === end) {
    throw badWindows(whole, `"${text}" is not START-END with START 0 to 23, END 0 to 24, and not the same hour`);
  }
  return { start, length: end > start ? end - start : 24 - start + end };
}

/**
 * Weekly hours as a 168-bit mask, bit h = hour h of the week, hour 0 = Monday 00:00, in whatever time the text is meant.
 *
 * Grammar: entries parted by commas, each `DAYS START-END`; DAYS is a day or a range (`fri-mon` wraps over the weekend); hours are half open,
 * and an END before START runs past midnight into the next day. `always` is every hour.
 * @throws CairnError `bad-windows`
 */
export function parseWindows(text: string): bigint {
  if (text.length > MAX_TEXT) throw badWindows(text, `longer than ${MAX_TEXT} characters`);
  const normal = text.trim().toLowerCase();
  if (normal === "always") return ALWAYS_ON;
  let mask = 0n;
  for (const entry of normal.split(",")) {
    const [days, hours, ...more] = entry.trim().split(/\s+/);
    if (!days || !hours || more.length > 0) throw badWindows(text, `"${entry.trim()}" is not DAYS START-END`);
    const { start, length } = parseHours(hours, text);
    for (const day of parseDays(days, text)) {
      for (let i = 0; i < length; i++) mask |= 1n << BigInt((day * 24 + start + i) % HOURS_PER_WEEK);
    }
  }
  return mask;
}

/**
 * A mask in local hours as the mask of UTC hours, for a place `offsetMinutes` ahead of UTC. Where the offset is no whole number of hours, a UTC
 * hour counts only when all of it is inside a window: a provider promises no minute that it did not name.
 */
export function toUtcMask(local: bigint, offsetMinutes: number): bigint {
  let utc = 0n;
  for (let hour = 0; hour < HOURS_PER_WEEK; hour++) {
    const first = (((hour * 60 + offsetMinutes) % MINUTES_PER_WEEK) + MINUTES_PER_WEEK) % MINUTES_PER_WEEK;
    const last = (first + 59) % MINUTES_PER_WEEK;
    const on = (minute: number) => ((local >> BigInt(Math.floor(minute / 60))) & 1n) === 1n;
    if (on(first) && on(last)) utc |= 1n << BigInt(hour);
  }
  return utc;
}

/**
 * Minutes that `timeZone` (IANA name) is ahead of UTC at `time` (UNIX seconds). A weekly mask on chain cannot follow daylight saving: whoever
 * lives by it registers anew when the clocks change.
 * @throws CairnError `bad-time-zone`
 */
export function zoneOffsetMinutes(timeZone: string, time: number): number {
  let name: string;
  try {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone, timeZoneName: "longOffset" }).formatToParts(time * 1000);
    name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  } catch (cause) {
    throw new CairnError(`unknown time zone ${JSON.stringify(timeZone.slice(0, 64))}`, {
      code: "bad-time-zone",
      kind: "input",
      next: 'Name a zone of the IANA database, such as "Europe/Berlin" or "UTC".',
      cause,
    });
  }
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
