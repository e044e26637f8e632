export { inTransaction } from "@cairn/database";
export * from "./accounts.ts";
export { type Ask, type AskRow, forgetAsks, listAsks, recordAsks } from "./asks.ts";
export * from "./blocks.ts";
export { type CoinTotals, coinTotals, stepCoins } from "./coins.ts";
export * from "./deals.ts";
export { breachWords, listDistrust, type PromiseOutcome, recordPromises } from "./distrust.ts";
export * from "./events.ts";
export { forgetEvents } from "./forget-events.ts";
export { HISTORY_KINDS, type HistoryLine, type HistoryRequest, pageHistory } from "./history.ts";
export { addJob } from "./jobs/add-job.ts";
export { cancelJob } from "./jobs/cancel-job.ts";
export { forgetJobs } from "./jobs/forget-jobs.ts";
export type { Job, JobState } from "./jobs/job.ts";
export { findJob, pageJobs } from "./jobs/page-jobs.ts";
export { type JobHandler, type JobOutcome, type JobsOptions, type JobTurn, runJobs } from "./jobs/run-jobs.ts";
export { toJson } from "./json.ts";
export {
  cursorOf,
  PAGE_LIMIT,
  type Page,
  type PageRequest,
  readCursor,
  type SortOrder,
} from "./keyset.ts";
export { announceGateway, GATEWAY_AWAY_SECONDS, type KnownGateway, listGateways } from "./leases/gateways.ts";
export { type Lease, Leases } from "./leases/leases.ts";
export { catalogMigrations } from "./migrations.ts";
export * from "./outbox.ts";
export { DEAL_SORTS, type DealLine, type DealPageRequest, type DealSort, pageDeals } from "./page-deals.ts";
export { createProjection, type Projection, projectedUntil } from "./projection.ts";
export * from "./providers.ts";
export type { Queryable } from "./queryable.ts";
export {
  ENTRY_KINDS,
  type Entry,
  type EntryKind,
  pageEntries,
  type StatementRequest,
  type StatementTotals,
  totalEntries,
} from "./statement.ts";
export * from "./transfers.ts";
export { listKnownOwners, listWork } from "./work.ts";
