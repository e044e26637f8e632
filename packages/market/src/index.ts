export { createMarket } from "./create-market.ts";
export { openSpoolId } from "./open-spool-id.ts";
export { PACKAGE_SORTS } from "./package-rows.ts";
export type * from "./types.ts";
