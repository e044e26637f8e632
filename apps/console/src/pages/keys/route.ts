import { createRoute, redirect } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

/** Where the keys stood once: links to it still arrive. */
export const browserKeysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/keys",
  beforeLoad() {
    throw redirect({ to: "/settings/keys", replace: true });
  },
});
