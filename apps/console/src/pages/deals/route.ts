import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf, text } from "../../shell/search.ts";

export const dealsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/deals",
  validateSearch: (search: Record<string, unknown>) => ({
    ...text(search, "states"),
    ...text(search, "package"),
    ...text(search, "provider"),
    ...text(search, "sort"),
    ...oneOf(search, "order", ["asc", "desc"]),
  }),
}).lazy(() => import("./page.tsx").then(({ page }) => page));
