import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { checked, oneOf, text } from "../../shell/search.ts";

/** Days as `2026-11-30`. */
export const DAYS = ["endsFrom", "endsBefore", "provedFrom", "provedBefore", "checkedFrom", "checkedBefore"] as const;
export type DayFilter = (typeof DAYS)[number];

const day = (search: Record<string, unknown>, key: DayFilter): { [key in DayFilter]?: string } => {
  const value = search[key];
  return checked(search, key, typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined);
};

export const dealsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/deals",
  validateSearch: (search: Record<string, unknown>) => ({
    ...text(search, "states"),
    ...text(search, "package"),
    ...text(search, "provider"),
    ...text(search, "region"),
    ...text(search, "checkResults"),
    ...text(search, "search"),
    ...text(search, "columns"),
    ...text(search, "deal"),
    ...text(search, "sort"),
    ...oneOf(search, "order", ["asc", "desc"]),
    ...(Object.assign({}, ...DAYS.map((key) => day(search, key))) as { [key in DayFilter]?: string }),
  }),
}).lazy(() => import("./page.tsx").then(({ page }) => page));
