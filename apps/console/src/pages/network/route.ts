import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const networkRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
