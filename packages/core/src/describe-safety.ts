import { describeHours } from "./coverage.ts";
import { highest } from "./extremes.ts";
import { HOURS_PER_WEEK } from "./periods.ts";
import { formatSafety } from "./safety.ts";

export interface SafetyInputs {
  /** Share of its hours in which each provider does not answer; null: by its own record here. */
  hourly: number | null;
  /** Share of providers that are lost within a year. */
  yearly: number;
  /** Time until what a lost provider held lies elsewhere. */
  repairHours: number;
  /** Who also fails together. */
  together: "operator" | "country" | "none";
  /** Share of such groups that fail as a whole within a year. */
  groupYearly: number;
}

export const SAFETY_DEFAULTS: SafetyInputs = {
  hourly: null,
  // Choices, all of them on the cautious side: people's own machines are switched off for good more often than data centres' disks fail (1 to 2 %).
  yearly: 0.05,
  repairHours: 24,
  together: "operator",
  groupYearly: 0.01,
};

/** Hours in which a package is readable least likely, all that are as bad. */
export function weakestHours(failures: readonly number[]): number[] {
  const worst = highest(failures);
  return failures.flatMap((failure, hour) => (failure === worst ? [hour] : []));
}

/** In one sentence, from the probabilities that it cannot be read in each hour of the week. */
export function describeSafety(failures: readonly number[]): string {
  const never = failures.flatMap((failure, hour) => (failure >= 1 ? [hour] : []));
  if (never.length === HOURS_PER_WEEK)
    return "Not readable in any hour of the week: too few of its providers have live shards.";
  const weakest = weakestHours(failures);
  if (never.length > 0) {
    const others = highest(failures.filter((failure) => failure < 1));
    return `Not readable ${describeHours(never)}, as too few of its providers are awake then; with ${formatSafety(others)} or more at any other hour.`;
  }
  const least = formatSafety(failures[weakest[0]!]!);
  if (weakest.length === HOURS_PER_WEEK) return `Readable at any hour with ${least}.`;
  return `Readable at any hour with ${least} or more; weakest ${describeHours(weakest)}.`;
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;

/** What the figures stand on, a sentence each. */
export function describeSafetyInputs(inputs: SafetyInputs, exact: boolean): string[] {
  const { hourly, yearly, repairHours, together, groupYearly } = inputs;
  return [
    hourly === null
      ? "A provider fails to answer as often as its own record here says; one that is new here in 10 % of its hours."
      : `Each provider fails to answer in ${percent(hourly)} of its hours.`,
    `${percent(yearly)} of providers are lost within a year, and what they held lies elsewhere within ${repairHours} hours.`,
    together === "none"
      ? "Providers fail independently of each other."
      : `Providers fail independently, but all of one ${together} at once in ${percent(groupYearly)} of years.`,
    exact
      ? "The figures are exact under these assumptions."
      : "The figures are lower bounds under these assumptions: pieces are counted as if none shared a provider.",
  ];
}
