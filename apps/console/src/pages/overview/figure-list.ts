import type { FigureName, FiguresJson } from "@cairn/client";
import { bytes } from "../../format/bytes.ts";
import { coins } from "../../format/coins.ts";
import { number } from "../../format/number.ts";

type FigureUnit = "count" | "bytes" | "coins";

export interface ListedFigure {
  name: FigureName;
  unit: FigureUnit;
  /** As the API has it; null while it is not known. */
  of: (figures: FiguresJson) => string | number | null;
  /** What it is worth, where it is money. */
  worth?: (fiat: NonNullable<FiguresJson["fiat"]>) => string | null;
}

/** What the overview shows, in its order. */
export const FIGURES: readonly ListedFigure[] = [
  { name: "files", unit: "count", of: ({ files }) => files },
  { name: "packages", unit: "count", of: ({ packages }) => packages },
  { name: "uniqueBytes", unit: "bytes", of: ({ uniqueBytes }) => uniqueBytes },
  { name: "copiesBytes", unit: "bytes", of: ({ copiesBytes }) => copiesBytes },
  { name: "held", unit: "coins", of: ({ held }) => held, worth: ({ held }) => held },
  { name: "locked", unit: "coins", of: ({ locked }) => locked, worth: ({ locked }) => locked },
  {
    name: "paidForStorage",
    unit: "coins",
    of: ({ paidForStorage }) => paidForStorage,
    worth: ({ paidForStorage }) => paidForStorage,
  },
  {
    name: "paidForRetrieval",
    unit: "coins",
    of: ({ paidForRetrieval }) => paidForRetrieval,
    worth: ({ paidForRetrieval }) => paidForRetrieval,
  },
  { name: "providers", unit: "count", of: ({ providers }) => providers },
  { name: "dealsInProgress", unit: "count", of: ({ deals }) => deals.inProgress },
  { name: "dealsCompleted", unit: "count", of: ({ deals }) => deals.completed },
  { name: "expiring30", unit: "count", of: ({ expiring }) => expiring.days30 },
];

/** A value of a figure in words. */
export function figureWords(unit: FigureUnit, value: string | number): string {
  if (unit === "coins") return coins(String(value));
  return unit === "bytes" ? bytes(value) : number(Number(value));
}
