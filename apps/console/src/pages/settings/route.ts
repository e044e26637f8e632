import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

const under = <const P extends string>(path: P) => ({ getParentRoute: () => shellRoute, path });

export const settingsRoute = createRoute(under("/settings")).lazy(() =>
  import("./storing/page.tsx").then(({ page }) => page),
);
