import type { Pool } from "pg";
import type { Scheme } from "../scheme.ts";

export interface FreeChunks {
  /** Seeded chunks that nobody holds: how many of each size. */
  fresh: Map<number, number>;
  /** Further copies of seeded files that some farmer holds already. */
  copies: number;
}

/** What waits in the pool. */
export async function countFree(pool: Pool, scheme: Scheme): Promise<FreeChunks> {
  const { rows } = await pool.query<{ size: number; fresh: boolean; count: number }>(
    `select size::float8 as size, need = 0 as fresh, count(*)::int as count from downstream.chunks
     where contract_id is null and scheme = $1 and not shard group by 1, 2`,
    [scheme],
  );
  return {
    fresh: new Map(rows.filter(({ fresh }) => fresh).map(({ size, count }) => [size, count])),
    copies: rows.filter(({ fresh }) => !fresh).reduce((sum, { count }) => sum + count, 0),
  };
}
