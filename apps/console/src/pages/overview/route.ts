import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
