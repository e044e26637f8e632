export { inTransaction } from "@cairn/database";
export * from "./accounts.ts";
export { type Ask, type AskRow, forgetAsks, listAsks, recordAsks } from "./asks.ts";
export { blockPace } from "./block-pace.ts";
export * from "./blocks.ts";
export { type CoinTotals, coinTotals, stepCoins } from "./coins.ts";
export * from "./deals.ts";
export { breachWords, listDistrust, type PromiseOutcome, recordPromises } from "./distrust.ts";
export * from "./events.ts";
export {
  type DayOfRates,
  forgetFiatRates,
  listCurrencies,
  newestFiatRate,
  readFiatRates,
  storeFiatRates,
} from "./fiat/fiat-rates.ts";
export {
  endFiatTurn,
  type FiatSource,
  type ListedSource,
  listFiatSources,
  MOST_SOURCES,
  removeFiatSource,
  saveFiatSource,
  takeFiatTurn,
} from "./fiat/fiat-sources.ts";
export { countFigures, type Figures, type FiguresRequest } from "./figures/count-figures.ts";
export {
  accountsToWrite,
  forgetFigures,
  HISTORY_STEPS,
  type HistoryStep,
  readHistory,
  writeFigures,
} from "./figures/figure-history.ts";
export { type FiguresChange, followFigures } from "./figures/follow-figures.ts";
export { forgetEvents } from "./forget-events.ts";
export { HISTORY_KINDS, type HistoryLine, type HistoryRequest, pageHistory } from "./history.ts";
export { addJob } from "./jobs/add-job.ts";
export { cancelJob } from "./jobs/cancel-job.ts";
export { forgetJobs } from "./jobs/forget-jobs.ts";
export type { Job, JobState } from "./jobs/job.ts";
export { findJob, pageJobs } from "./jobs/page-jobs.ts";
export { retryJob } from "./jobs/retry-job.ts";
export { type JobHandler, type JobOutcome, type JobsOptions, type JobTurn, runJobs } from "./jobs/run-jobs.ts";
export { toJson } from "./json.ts";
export type { DealSettings } from "./keep-proposal.ts";
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
export {
  DEAL_SORTS,
  type DealLine,
  type DealPageRequest,
  type DealSort,
  dealLines,
  findProposal,
  listDealIds,
  MOST_EXPORTED,
  pageDeals,
} from "./page-deals.ts";
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
