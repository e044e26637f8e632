import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf, text } from "../../shell/search.ts";

export const SEVERITIES = ["info", "warning", "error"] as const;

export const activityRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/activity",
  validateSearch: (search: Record<string, unknown>) => ({
    ...oneOf(search, "severity", SEVERITIES),
    ...text(search, "kind"),
    ...text(search, "package"),
  }),
}).lazy(() => import("./page.tsx").then(({ page }) => page));

export const noticeListRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/activity/notices",
  validateSearch: (search: Record<string, unknown>) => oneOf(search, "show", ["unread"]),
}).lazy(() => import("./notices-page.tsx").then(({ page }) => page));
