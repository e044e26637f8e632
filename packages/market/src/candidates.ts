import { listProviderRows, type ProviderRow } from "@cairn/catalog";
import type { Address, Candidate } from "@cairn/core";
import type { Context } from "./context.ts";

export interface MarketCandidate extends Candidate {
  row: ProviderRow;
}

/** Registered, active providers that can be asked now. */
export async function candidates(context: Context): Promise<MarketCandidate[]> {
  const rows = await listProviderRows(context.pool);
  return rows
    .filter((row) => row.active && context.transport.reachable(row.provider))
    .map((row) => ({
      row,
      provider: row.provider,
      groups: groupsOf(row),
      score: row.score,
      fulfilled: row.fulfilled,
      price: row.priceFloor,
      region: row.region,
      duty: row.duty,
      freeBytes: row.capacity > row.used ? row.capacity - row.used : 0n,
    }));
}

/** Same payout address, or same /24 of a declared IPv4 endpoint: a heuristic for one operator (docs/threat-model.md). */
export function groupsOf(row: Pick<ProviderRow, "payout" | "endpoint">): string[] {
  const network = /^https?:\/\/(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?::|\/|$)/.exec(row.endpoint)?.[1];
  return [`payout ${row.payout}`, ...(network === undefined ? [] : [`network ${network}.0/24`])];
}

/** Groups of providers by address, for those that hold shards already. */
export async function holderGroups(context: Context, providers: readonly Address[]) {
  const rows = await listProviderRows(context.pool);
  const known = new Map(rows.map((row) => [row.provider, row]));
  return providers.flatMap((provider) => {
    const row = known.get(provider);
    return row === undefined ? [] : [{ provider, groups: groupsOf(row), duty: row.duty }];
  });
}
