import {
  FiatHistoryJson,
  FiatRatesJson,
  FiatSourceJson,
  FiatSourcesJson,
  ImportedRatesJson,
  type ImportRatesJson,
  type NewFiatSourceJson,
} from "../figure-schemas.ts";
import type { Caller } from "./caller.ts";
import type { TimeRange } from "./figure-calls.ts";

/** Prices of a coin; where they come from is the operator's. */
export const fiatCalls = ({ call }: Caller) => ({
  rates: () => call(FiatRatesJson, "/fiat/rates"),
  history: (currency: string, range: TimeRange = {}) =>
    call(FiatHistoryJson, "/fiat/history", { query: { currency, ...range } }),
  sources: () => call(FiatSourcesJson, "/fiat/sources"),
  setSource: (name: string, body: NewFiatSourceJson) =>
    call(FiatSourceJson, `/fiat/sources/${encodeURIComponent(name)}`, { method: "PUT", body }),
  removeSource: (name: string) =>
    call(FiatSourcesJson, `/fiat/sources/${encodeURIComponent(name)}`, { method: "DELETE" }),
  importRates: (body: ImportRatesJson) => call(ImportedRatesJson, "/fiat/import", { method: "POST", body }),
});
