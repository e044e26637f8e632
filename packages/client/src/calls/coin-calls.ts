import { FeesJson, HistoryPageJson, NonceJson, SentJson, TransfersJson } from "../coin-schemas.ts";
import type { Caller } from "./caller.ts";

export interface HistoryQuery {
  limit?: number;
  /** `next` of the page before. */
  after?: string;
  order?: "asc" | "desc";
  /** Joined by commas. */
  kinds?: string;
  side?: "coins" | "deposit";
  /** UNIX seconds, half-open. */
  from?: number;
  before?: number;
}

/** The coins of a wallet, and what a browser needs of the chain to send some. Addresses are 0x. */
export const coinCalls = ({ call, pages }: Caller) => ({
  historyPage: (address: string, query: HistoryQuery = {}) =>
    call(HistoryPageJson, `/wallets/${address}/history`, { query: { ...query } }),
  history: (address: string, query: HistoryQuery = {}) =>
    pages(HistoryPageJson, `/wallets/${address}/history`, ({ lines }) => lines, { ...query }),
  /** @param open only those that are not over */
  transfers: (address: string, open = false) =>
    call(TransfersJson, `/wallets/${address}/transfers`, { query: { open: open ? "true" : undefined } }),
  nonce: (address: string) => call(NonceJson, `/wallets/${address}/nonce`),
  /** @param of the call that is to be made; a plain payment if left out */
  fees: (address: string, of: { to?: string; value?: string; data?: string } = {}) =>
    call(FeesJson, `/wallets/${address}/fees`, { query: { ...of } }),
  /** Have a transaction that the wallet's key signed be sent. */
  send: (address: string, rawTransaction: string) =>
    call(SentJson, `/wallets/${address}/send`, { method: "POST", body: { rawTransaction } }),
});
