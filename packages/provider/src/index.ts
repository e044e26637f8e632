import { fileURLToPath } from "node:url";

export type { Challenge, ProviderContext, ProviderParts, RangeBody, RequestHandlers } from "./context.ts";
export { inspectProvider, type ProviderInspection } from "./inspect-provider.ts";
export type { Log } from "./log.ts";
export type { OpenedLedger, OpenLedger, ProviderOptions } from "./options.ts";
export { optionsFromJson } from "./options-from-json.ts";
export { PROVIDER_MAIN } from "./program.ts";
export { type ProviderStatus, type RunningProvider, runProvider } from "./run-provider.ts";
export { type WithdrawRequest, withdrawEarnings } from "./withdraw-earnings.ts";

/** Path of the program to run as a process of its own: `node PROVIDER_MAIN CONFIG.json`, options as `optionsFromJson` reads them. */
export const PROVIDER_MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
