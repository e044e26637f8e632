export { type Beats, createBeats, parseBeats, serialiseBeats } from "./beats.ts";
export { renewBeats } from "./bind-beats.ts";
export { downstreamDoor } from "./door.ts";
export type { Shard } from "./files/add-shard.ts";
export {
  type ByteRange,
  DEFAULT_TRAFFIC,
  type DownstreamRoutesOptions,
  downstreamRoutes,
  type ShardSource,
  type StatusSource,
  statusFrom,
  verifyBitcoinMessage,
} from "./http/index.ts";
export type { Location } from "./location/location.ts";
export { type Locate, type Locator, openLocator } from "./location/open-locator.ts";
export { downstreamMigrations } from "./migrations.ts";
export { createVerificationNode, type RunningNode } from "./node.ts";
export type { Log, NodeContext } from "./node-context.ts";
export { openBeats } from "./open-beats.ts";
export { frontPage } from "./page/front-page.ts";
export { downstreamPage } from "./page/page-routes.ts";
export { ChunkPool, type PreparedChunk } from "./pool/chunk-pool.ts";
export { countFree } from "./pool/count-free.ts";
export { planPool } from "./pool/plan-pool.ts";
export type { Scheme } from "./scheme.ts";
export { DEFAULT_SETTINGS, type DownstreamSettings } from "./settings.ts";
export { completeSettings, type DownstreamFile, parseDownstreamFile } from "./settings-schema.ts";
export { type DownstreamMetrics, registerDownstreamMetrics, SILENT_METRICS } from "./status/downstream-metrics.ts";
export { farmerHistory } from "./status/farmer-history.ts";
export type { FarmerStatus } from "./status/farmer-status.ts";
export { type FarmerQuery, isSortKey, listFarmers } from "./status/list-farmers.ts";
export { type DownstreamTotals, readTotals } from "./status/overview.ts";
export { recordDay } from "./status/record-day.ts";
export { showFarmer } from "./status/show-farmer.ts";
export { addToWhitelist, importWhitelist, type WhitelistChange } from "./tokens/whitelist.ts";
export type {
  Answer,
  AnswerOutcome,
  ContractChallenge,
  FileHash,
  HandedChunk,
  HandOut,
  Registration,
  VerificationNode,
  WireObject,
} from "./verification-node.ts";
