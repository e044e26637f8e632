import type { Seconds } from "@cairn/protocol";

/** The chain's constants that time is counted by; read from the contracts. */
export interface PeriodClock {
  genesisTime: Seconds;
  periodSeconds: number;
  /** How long after a period's end an answer still counts. */
  graceSeconds: number;
}

export const HOURS_PER_WEEK = 168;
/** On duty in every hour. */
export const ALWAYS_ON = (1n << 168n) - 1n;

export function periodAt(time: Seconds, clock: PeriodClock): number {
  return Math.floor((time - clock.genesisTime) / clock.periodSeconds);
}

export function periodStart(period: number, clock: PeriodClock): Seconds {
  return clock.genesisTime + period * clock.periodSeconds;
}

/** A period is opened and its seed drawn before this second, or it is void. */
export function seedDeadline(period: number, clock: PeriodClock): Seconds {
  return periodStart(period, clock) + Math.floor((clock.periodSeconds * 3) / 4);
}

export function answerDeadline(period: number, clock: PeriodClock): Seconds {
  return periodStart(period + 1, clock) + clock.graceSeconds;
}

/** Hour of the week, 0 = Monday 00:00 UTC (1970-01-01 was a Thursday). */
export function hourOfWeek(time: Seconds): number {
  return (Math.floor(time / 3600) + 72) % HOURS_PER_WEEK;
}

export function isOnDuty(duty: bigint, time: Seconds): boolean {
  return ((duty >> BigInt(hourOfWeek(time))) & 1n) === 1n;
}

/** Whether `period` is counted for a deal received in `receiptPeriod`. */
export function isScheduled(period: number, duty: bigint, receiptPeriod: number, clock: PeriodClock): boolean {
  return period > receiptPeriod && isOnDuty(duty, periodStart(period, clock));
}

/**
 * The period in which a deal's `periods`-th scheduled period falls: the last one that it pays for. `Infinity` when the mask is empty.
 * Whole weeks are skipped by their count of duty hours; `periodSeconds` divides 3600 (docs/protocol.md, 2).
 */
export function lastScheduledPeriod(receiptPeriod: number, periods: number, duty: bigint, clock: PeriodClock): number {
  if (duty === 0n) return Number.POSITIVE_INFINITY;
  if (periods === 0) return receiptPeriod;
  const hours = Array.from({ length: HOURS_PER_WEEK }, (_, hour) => Number((duty >> BigInt(hour)) & 1n));
  const dutyHours = hours.reduce((sum, on) => sum + on, 0);
  const weekPeriods = (HOURS_PER_WEEK * 3600) / clock.periodSeconds;
  const perWeek = (dutyHours * 3600) / clock.periodSeconds;
  const weeks = Math.max(0, Math.floor((periods - 1) / perWeek));
  let left = periods - weeks * perWeek;
  let period = receiptPeriod + weeks * weekPeriods;
  while (left > 0) {
    period += 1;
    const start = periodStart(period, clock);
    if (isOnDuty(duty, start)) {
      left -= 1;
    } else {
      const untilNextHour = 3600 - (((start % 3600) + 3600) % 3600);
      period += Math.max(0, Math.ceil(untilNextHour / clock.periodSeconds) - 1);
    }
  }
  return period;
}

/**
 * How many of the periods `from` … `to` are on duty. Whole weeks are counted by their hours, so that however many periods there are, it takes some
 * hundred steps; `periodSeconds` divides 3600.
 */
export function countOnDuty(from: number, to: number, duty: bigint, clock: PeriodClock): number {
  if (to < from) return 0;
  if (duty === ALWAYS_ON) return to - from + 1;
  const { genesisTime, periodSeconds } = clock;
  const weekPeriods = (HOURS_PER_WEEK * 3600) / periodSeconds;
  const weeks = Math.floor((to - from + 1) / weekPeriods);
  let count = 0;
  for (let hour = 0; hour < HOURS_PER_WEEK; hour++) if ((duty >> BigInt(hour)) & 1n) count += 3600 / periodSeconds;
  count *= weeks;
  // The periods that begin before a time, counted from period 0.
  const before = (time: Seconds) => Math.ceil((time - genesisTime) / periodSeconds);
  let period = from + weeks * weekPeriods;
  while (period <= to) {
    const start = periodStart(period, clock);
    const next = Math.min(to + 1, before((Math.floor(start / 3600) + 1) * 3600));
    if (isOnDuty(duty, start)) count += next - period;
    period = next;
  }
  return count;
}
