import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf, text } from "../../shell/search.ts";

export const walletsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/wallets",
}).lazy(() => import("./page.tsx").then(({ page }) => page));

/** Days are 2026-11-29, of the person's own time zone. */
const filters = (search: Record<string, unknown>) => ({
  ...text(search, "kinds"),
  ...text(search, "from"),
  ...text(search, "until"),
});

export const statementRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/wallets/statement",
  validateSearch: (search: Record<string, unknown>) => ({ ...filters(search), ...text(search, "package") }),
}).lazy(() => import("./statement-page.tsx").then(({ page }) => page));

export const walletRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/wallets/$address",
  validateSearch: (search: Record<string, unknown>) => ({
    ...filters(search),
    ...oneOf(search, "tab", ["history"]),
    ...oneOf(search, "side", ["coins", "deposit"]),
  }),
}).lazy(() => import("./wallet-page.tsx").then(({ page }) => page));
