import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const walletsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/wallets",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
