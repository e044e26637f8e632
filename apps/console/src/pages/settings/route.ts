import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

const under = <const P extends string>(path: P) => ({ getParentRoute: () => shellRoute, path });

/** Each kind of settings has a URL. */
export const noticesRoute = createRoute(under("/settings/notices")).lazy(() =>
  import("./notices/page.tsx").then(({ page }) => page),
);
export const schedulesRoute = createRoute(under("/settings/checks")).lazy(() =>
  import("./schedules.tsx").then(({ page }) => page),
);
export const displayRoute = createRoute(under("/settings/display")).lazy(() =>
  import("./display.tsx").then(({ page }) => page),
);
export const keysRoute = createRoute(under("/settings/keys")).lazy(() =>
  import("./keys/page.tsx").then(({ page }) => page),
);
export const accountRoute = createRoute(under("/settings/account")).lazy(() =>
  import("./account/page.tsx").then(({ page }) => page),
);
export const settingsRoute = createRoute(under("/settings")).lazy(() =>
  import("./storing/page.tsx").then(({ page }) => page),
);
