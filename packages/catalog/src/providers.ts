import type { Address, ProviderRecord } from "@cairn/core";
import type { Queryable } from "./queryable.ts";

/** A registered provider with what the deals on the finalised chain say of it. */
export interface ProviderRow extends ProviderRecord {
  /** Bytes under PROPOSED and ACTIVE deals. */
  used: bigint;
  deals: number;
  earned: bigint;
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

export async function listProviderRows(db: Queryable, provider?: Address): Promise<ProviderRow[]> {
  const { rows } = await db.query(
    `select p.*, coalesce(d.used, 0)::text as used, coalesce(d.live, 0)::integer as deals, coalesce(d.earned, 0)::text as earned
     from catalog.providers p left join (
       select provider, sum(raw_length) filter (where state in ('PROPOSED', 'ACTIVE')) as used,
         count(*) filter (where state in ('PROPOSED', 'ACTIVE')) as live, sum(paid) as earned
       from catalog.deals group by provider) d on d.provider = p.provider
     where $1::text is null or p.provider = $1 order by p.provider`,
    [provider?.toLowerCase() ?? null],
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
