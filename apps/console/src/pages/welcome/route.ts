import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf } from "../../shell/search.ts";
import { STEPS } from "./steps.ts";

export const welcomeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/welcome",
  validateSearch: (search: Record<string, unknown>) => oneOf(search, "step", STEPS),
}).lazy(() => import("./page.tsx").then(({ page }) => page));
