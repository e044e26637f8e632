import type { Frequency } from "./kinds.ts";

const DAY = 86_400;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const MONDAY_DAYS = 3;

/** Frequencies that divide time. */
export type Recurring = Extract<Frequency, "once" | "daily" | "weekly" | "monthly">;

/**
 * The period that a moment is in, in UTC: of two moments in one period the same text, of two in different ones never. It is part of the key of what was told,
 * so that a period has one notice. `once` is one period from the beginning of time to its end. Pure.
 */
export function periodOf(frequency: Recurring, now: number): string {
  const day = Math.floor(now / DAY);
  switch (frequency) {
    case "once":
      return "once";
    case "daily":
      return `day:${day}`;
    case "weekly":
      return `week:${Math.floor((day + MONDAY_DAYS) / 7)}`;
    case "monthly":
      return `month:${new Date(now * 1000).toISOString().slice(0, 7)}`;
  }
}

/** The period of each frequency that a moment is in. */
export const periodsAt = (now: number): Record<Recurring, string> => ({
  once: periodOf("once", now),
  daily: periodOf("daily", now),
  weekly: periodOf("weekly", now),
  monthly: periodOf("monthly", now),
});
