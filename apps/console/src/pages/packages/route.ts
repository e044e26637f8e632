import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf, text } from "../../shell/search.ts";

export const TABS = ["safety", "files", "copies", "deals", "proofs", "checks", "money", "certificate", "asks"] as const;
export type Tab = (typeof TABS)[number];

export const packagesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/packages",
  validateSearch: (search: Record<string, unknown>) => ({
    ...text(search, "states"),
    ...text(search, "sort"),
    ...oneOf(search, "order", ["asc", "desc"]),
  }),
}).lazy(() => import("./page.tsx").then(({ page }) => page));

export const packageRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/packages/$id",
  validateSearch: (search: Record<string, unknown>) => ({
    ...oneOf(search, "tab", TABS),
    ...text(search, "check"),
  }),
}).lazy(() => import("./package-page.tsx").then(({ page }) => page));
