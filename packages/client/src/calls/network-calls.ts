import {
  ChainBlockJson,
  ChainBlocksJson,
  ChainContractsJson,
  ChainFoundJson,
  ChainTransactionJson,
  PreviewJson,
  type PreviewSettingsJson,
  ProviderDetailJson,
  SafetyJson,
} from "../network-schemas.ts";
import type { Caller } from "./caller.ts";

/** What a safety figure is to stand on; what is left out is as the gateway has it. */
export interface SafetyQuery {
  hourly?: number;
  yearly?: number;
  repairHours?: number;
  together?: "operator" | "country" | "none";
  groupYearly?: number;
}

/** Whom one relies on. */
export const networkCalls = ({ call }: Caller) => ({
  /** What a put would meet now under the account's settings, with these in place of them. */
  preview: (settings: PreviewSettingsJson = {}) =>
    call(PreviewJson, "/settings/preview", { method: "POST", body: settings }),
  provider: (address: string) => call(ProviderDetailJson, `/providers/${address}`),
  /** How likely a package can be read, now and in each hour of the week. */
  safety: (id: string, query: SafetyQuery = {}) => call(SafetyJson, `/packages/${id}/safety`, { query: { ...query } }),
});

/** The chain as this gateway sees it. */
export const chainCalls = ({ call }: Caller) => ({
  /** Newest first, below `before`. */
  blocks: (query: { before?: number; limit?: number } = {}) =>
    call(ChainBlocksJson, "/chain/blocks", { query: { ...query } }),
  block: (number: number) => call(ChainBlockJson, `/chain/blocks/${number}`),
  transaction: (hash: string) => call(ChainTransactionJson, `/chain/transactions/${hash}`),
  /** What a hash is of, and the block that has it. */
  find: (hash: string) => call(ChainFoundJson, `/chain/find/${hash}`),
  contracts: () => call(ChainContractsJson, "/chain/contracts"),
});
