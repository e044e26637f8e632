/**
 * Where the shell is served: the gateway answers each of these, and whatever lies below, with the console; routes of doors and of the API win.
 * A page's route stands in `pages/NAME/route.ts`.
 */
export const PATHS = [
  "/",
  "/files",
  "/upload",
  "/packages",
  "/deals",
  "/wallets",
  "/network",
  "/activity",
  "/settings",
  "/doors",
  "/keys",
  "/welcome",
  "/sign-up",
] as const;
