import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const browserKeysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/keys",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
