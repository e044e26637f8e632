export { createMarket } from "./create-market.ts";
export type * from "./types.ts";
