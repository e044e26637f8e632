/** Figures that have a history. */
export const FIGURE_NAMES = [
  "files",
  "packages",
  "uniqueBytes",
  "copiesBytes",
  "deposit",
  "coins",
  "held",
  "locked",
  "paidForStorage",
  "paidForRetrieval",
  "providers",
  "dealsInProgress",
  "dealsActive",
  "dealsCompleted",
  "dealsFailed",
  "expiring7",
  "expiring30",
  "expiring365",
] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];
