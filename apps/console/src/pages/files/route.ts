import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { text } from "../../shell/search.ts";

export const filesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/files",
  validateSearch: (search: Record<string, unknown>) => text(search, "search"),
}).lazy(() => import("./page.tsx").then(({ page }) => page));
