import type { ProviderRecord } from "@cairn/core";
import type { Address, Hex } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

/** A registered provider with what the deals on the finalised chain say of it. */
export interface ProviderRow extends Omit<ProviderRecord, "nextNonce" | "pendingPayout"> {
  /** Bytes under PROPOSED and ACTIVE deals. */
  used: bigint;
  deals: number;
  earned: bigint;
  /** Shard-periods under the verdicts of the sets that the reader trusts. */
  fulfilled: bigint;
  committed: bigint;
  /** Percent of committed shard-periods fulfilled; 90 for a newcomer. */
  rating: number;
  /** Basis points, smoothed by a prior of 24 shard-periods at 90 %. */
  score: number;
}

const PRIOR = 24n;

export function ratingOf(fulfilled: bigint, committed: bigint): number {
  return committed === 0n ? 90 : Number((fulfilled * 10_000n) / committed) / 100;
}

/** As ProviderRegistry.score computes it. */
export function scoreOf(fulfilled: bigint, committed: bigint): number {
  return Number((10_000n * fulfilled + 9_000n * PRIOR) / (committed + PRIOR));
}

/** `trusted`: the verifier sets whose verdicts count; what others say of a provider does not enter its rating or score. */
export async function listProviderRows(
  db: Queryable,
  trusted: readonly Hex[],
  provider?: Address,
): Promise<ProviderRow[]> {
  const { rows } = await db.query(
    `select p.*, coalesce(d.used, 0)::text as used, coalesce(d.live, 0)::integer as deals, coalesce(d.earned, 0)::text as earned,
       coalesce(w.fulfilled, 0)::text as fulfilled, coalesce(w.committed, 0)::text as committed
     from catalog.providers p left join (
       select provider, sum(bytes) filter (where state in ('PROPOSED', 'ACTIVE')) as used,
         sum(deals) filter (where state in ('PROPOSED', 'ACTIVE')) as live, sum(paid) as earned
       from catalog.deal_figures group by provider) d on d.provider = p.provider
     left join (
       select provider, sum(fulfilled) as fulfilled, sum(committed) as committed
       from catalog.work where verifier_set = any($2) group by provider) w on w.provider = p.provider
     where $1::text is null or p.provider = $1 order by p.provider`,
    [provider?.toLowerCase() ?? null, trusted],
  );
  return rows.map((row) => {
    const fulfilled = BigInt(row.fulfilled);
    const committed = BigInt(row.committed);
    return {
      provider: row.provider,
      hot: row.hot,
      payout: row.payout,
      capacity: BigInt(row.capacity),
      priceFloor: BigInt(row.price_floor),
      egressPrice: BigInt(row.egress_price),
      duty: BigInt(row.duty),
      region: row.region,
      endpoint: row.endpoint,
      fulfilled,
      committed,
      active: row.active,
      used: BigInt(row.used),
      deals: row.deals,
      earned: BigInt(row.earned),
      rating: ratingOf(fulfilled, committed),
      score: scoreOf(fulfilled, committed),
    };
  });
}
