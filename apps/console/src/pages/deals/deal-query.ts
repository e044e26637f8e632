import type { DealQuery } from "@cairn/client";
import { DAYS, type DayFilter } from "./route.ts";

export type DealFilters = {
  states?: string;
  package?: string;
  provider?: string;
  region?: string;
  checkResults?: string;
  search?: string;
  sort?: string;
  order?: "asc" | "desc";
} & { [key in DayFilter]?: string };

const secondsOf = (day: string): number => Math.floor(Date.parse(`${day}T00:00:00Z`) / 1000);

/** What the URL says, as the API asks for it; days are UTC. @param packages those that have the name that is looked for */
export function dealQueryOf(filters: DealFilters, packages: readonly string[] | undefined): DealQuery {
  const { states, provider, region, checkResults, search, sort, order } = filters;
  const days = DAYS.flatMap((key) => {
    const value = filters[key];
    const seconds = value === undefined ? Number.NaN : secondsOf(value);
    return Number.isNaN(seconds) ? [] : [[key, seconds] as const];
  });
  return {
    ...Object.fromEntries(
      Object.entries({ states, provider, region, checkResults, search, sort, order, package: filters.package }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    ...(packages === undefined ? {} : { packages: packages.join(",") }),
    ...Object.fromEntries(days),
  };
}

/** Whether what is typed is what is asked for already. */
export const isAsked = (
  typed: { search?: string | undefined; name?: string | undefined },
  asked: { search: string | undefined; name: string | undefined },
): boolean =>
  (["search", "name"] as const).every((key) => (typed[key]?.trim() ?? asked[key] ?? "") === (asked[key] ?? ""));

/** Where the same deals come as a file. */
export const exportUrl = (format: "csv" | "json", query: DealQuery): string =>
  `/api/v1/deals.${format}?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))}`;
