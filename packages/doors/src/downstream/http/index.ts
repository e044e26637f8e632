export { verifyBitcoinMessage } from "./bitcoin-message.ts";
export { type DownstreamRoutesOptions, downstreamRoutes } from "./downstream-routes.ts";
export type { ByteRange, ShardSource } from "./shards.ts";
export { type StatusSource, statusFrom } from "./status.ts";
export { DEFAULT_TRAFFIC } from "./traffic.ts";
