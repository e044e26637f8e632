import { number } from "../../format/number.ts";
import { safety as words } from "../../words/packages.ts";

/** How likely something is, in words: `1 in 12,000`. */
export function chance(share: number): string {
  if (share >= 1) return words.always;
  if (share <= 0) return words.never;
  if (share < 1e-9) return words.lessThan;
  const one = 1 / share;
  const step = one < 100 ? 1 : 10 ** (Math.floor(Math.log10(one)) - 1);
  return words.oneIn(number(Math.max(2, Math.floor(one / step) * step)));
}

/** Which of `safety.levels` a probability falls into. */
export function levelOf(share: number): 0 | 1 | 2 | 3 | 4 {
  if (share >= 1) return 4;
  if (share >= 0.01) return 3;
  if (share >= 1e-4) return 2;
  return share >= 1e-6 ? 1 : 0;
}

export interface HourRun {
  day: number;
  from: number;
  /** Half-open, within the day. */
  to: number;
  share: number;
}

/** The week as runs of equal hours, each within one day. @param hours 168, 0 = Monday 00:00 */
export function runsOfHours(hours: readonly number[]): HourRun[] {
  const runs: HourRun[] = [];
  for (const [at, share] of hours.entries()) {
    const day = Math.floor(at / 24);
    const last = runs.at(-1);
    if (last !== undefined && last.day === day && last.share === share) last.to += 1;
    else runs.push({ day, from: at % 24, to: (at % 24) + 1, share });
  }
  return runs;
}

/** The hours of a week in which a provider is on duty. @param duty 0x and 42 hex digits, bit h = hour h */
export function hoursOfDuty(duty: string): boolean[] {
  const bits = BigInt(duty);
  return Array.from({ length: 168 }, (_, hour) => ((bits >> BigInt(hour)) & 1n) === 1n);
}

/** Runs of hours on duty in a week: [from, to), for a picture. */
export function runsOnDuty(duty: string): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const [hour, on] of hoursOfDuty(duty).entries()) {
    if (!on) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === hour) last[1] = hour + 1;
    else runs.push([hour, hour + 1]);
  }
  return runs;
}
