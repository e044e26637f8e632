import type { FigureName } from "@cairn/core/figure-names";
import { FigureHistoryJson, FiguresJson } from "../figure-schemas.ts";
import type { Caller } from "./caller.ts";

/** UNIX seconds, half-open. */
export interface TimeRange {
  from?: number;
  before?: number;
}

/** What the account's storage comes to. */
export const figureCalls = ({ call }: Caller) => ({
  /** @param range of deals that expire in it, beside those within 7, 30 and 365 days */
  now: (range: TimeRange = {}) => call(FiguresJson, "/figures", { query: { ...range } }),
  history: (figure: FigureName, query: TimeRange & { step?: "hour" | "day" } = {}) =>
    call(FigureHistoryJson, "/figures/history", { query: { figure, ...query } }),
});
