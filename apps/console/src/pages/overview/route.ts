import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf, text } from "../../shell/search.ts";

/** `figure`: whose history is shown, `step` by step; `from` and `until`: days of the range in which deals expire. */
export const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  validateSearch: (search: Record<string, unknown>) => ({
    ...text(search, "figure"),
    ...oneOf(search, "step", ["hour", "day"]),
    ...text(search, "from"),
    ...text(search, "until"),
  }),
}).lazy(() => import("./page.tsx").then(({ page }) => page));
