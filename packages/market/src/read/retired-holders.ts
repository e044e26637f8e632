import { listDeals } from "@cairn/catalog";
import type { Context } from "../context.ts";
import type { PackageRow } from "../package-rows.ts";
import type { Holder } from "./fetch-range.ts";

/**
 * Providers whose deals on shards of a piece FAILED: until a shard is replaced they keep their copy, which may be the last one. What they
 * give is held against commitments and CIDs like anybody's. The latest of each shard, for shards that `held` does not cover.
 */
export async function retiredHolders(
  context: Pick<Context, "pool">,
  { owner, documentHash }: Pick<PackageRow, "owner" | "documentHash">,
  piece: number,
  held: ReadonlySet<number>,
): Promise<Holder[]> {
  if (documentHash === null) return [];
  const failed = (await listDeals(context.pool, { package: { owner, documentHash }, states: ["FAILED"] })).filter(
    (deal) => deal.piece === piece && !held.has(deal.shard),
  );
  const latest = new Map(failed.map(({ shard, provider, deal }) => [shard, { shard, provider, deal }]));
  return [...latest.values()];
}
