import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const uploadRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/upload",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
