import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";

export const signUpRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/sign-up",
}).lazy(() => import("./page.tsx").then(({ page }) => page));
