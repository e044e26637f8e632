export { createMarket } from "./create-market.ts";
export { PACKAGE_SORTS } from "./package-rows.ts";
export type * from "./types.ts";
