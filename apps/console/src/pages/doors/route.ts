import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const doorsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/doors",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
