import { createRoute } from "@tanstack/react-router";
import { shellRoute } from "../../shell/root-route.ts";
import { oneOf, text } from "../../shell/search.ts";

export const SORTS = ["provider", "place", "state", "free", "price", "rating", "mine"] as const;

export const networkRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network",
  validateSearch: (search: Record<string, unknown>) => ({
    ...text(search, "country"),
    ...oneOf(search, "sort", SORTS),
    ...oneOf(search, "order", ["asc", "desc"]),
  }),
}).lazy(() => import("./page.tsx").then(({ page }) => page));

export const providerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network/$provider",
}).lazy(() => import("./provider-page.tsx").then(({ page }) => page));

export const blocksRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network/blocks",
  validateSearch: (search: Record<string, unknown>) => text(search, "before"),
}).lazy(() => import("./blocks-page.tsx").then(({ page }) => page));

export const blockRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network/blocks/$number",
}).lazy(() => import("./block-page.tsx").then(({ page }) => page));

export const transactionRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network/transactions/$hash",
}).lazy(() => import("./transaction-page.tsx").then(({ page }) => page));

export const contractsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/network/contracts",
}).lazy(() => import("./contracts-page.tsx").then(({ page }) => page));
