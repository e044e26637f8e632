import { createRouter } from "@tanstack/react-router";
import { activityRoute, noticeListRoute } from "./pages/activity/route.ts";
import { dealsRoute } from "./pages/deals/route.ts";
import { doorsRoute } from "./pages/doors/route.ts";
import { filesRoute } from "./pages/files/route.ts";
import { browserKeysRoute } from "./pages/keys/route.ts";
import {
  blockRoute,
  blocksRoute,
  contractsRoute,
  networkRoute,
  providerRoute,
  transactionRoute,
} from "./pages/network/route.ts";
import { overviewRoute } from "./pages/overview/route.ts";
import { packageRoute, packagesRoute } from "./pages/packages/route.ts";
import {
  accountRoute,
  displayRoute,
  keysRoute,
  noticesRoute,
  schedulesRoute,
  settingsRoute,
} from "./pages/settings/route.ts";
import { signUpRoute } from "./pages/sign-up/route.ts";
import { uploadRoute } from "./pages/upload/route.ts";
import { statementRoute, walletRoute, walletsRoute } from "./pages/wallets/route.ts";
import { welcomeRoute } from "./pages/welcome/route.ts";
import { Fault, NotFound } from "./shell/fault.tsx";
import { shellRoute } from "./shell/root-route.ts";
import { parseSearch, stringifySearch } from "./shell/search.ts";

/** One line a page; what a page loads is its own `page.tsx`, fetched when it is gone to. */
const routeTree = shellRoute.addChildren([
  overviewRoute,
  filesRoute,
  packagesRoute,
  packageRoute,
  dealsRoute,
  walletsRoute,
  statementRoute,
  walletRoute,
  networkRoute,
  blocksRoute,
  blockRoute,
  transactionRoute,
  contractsRoute,
  providerRoute,
  activityRoute,
  settingsRoute,
  noticesRoute,
  schedulesRoute,
  displayRoute,
  keysRoute,
  accountRoute,
  noticeListRoute,
  doorsRoute,
  signUpRoute,
  uploadRoute,
  welcomeRoute,
  browserKeysRoute,
]);

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultErrorComponent: Fault,
  defaultNotFoundComponent: NotFound,
  defaultPendingMs: 300,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
