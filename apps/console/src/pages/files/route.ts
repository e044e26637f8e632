import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

/** What is looked at stands behind the `#` (`files/place.ts`), which the gateway is not told. */
export const filesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/files",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
