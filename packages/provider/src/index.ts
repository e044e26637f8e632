export type { Challenge, ProviderContext, ProviderParts, RangeBody, RequestHandlers } from "./context.ts";
export { inspectProvider, type ProviderInspection } from "./inspect-provider.ts";
export type { Log } from "./log.ts";
export type { OpenedLedger, OpenLedger, ProviderOptions } from "./options.ts";
export { optionsFromJson } from "./options-from-json.ts";
export { retireProvider } from "./retire-provider.ts";
export { type ProviderStatus, type RunningProvider, runProvider } from "./run-provider.ts";
export { type WithdrawRequest, withdrawEarnings } from "./withdraw-earnings.ts";
