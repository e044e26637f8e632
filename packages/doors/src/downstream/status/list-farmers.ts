import type pg from "pg";
import { FARMER_COLUMNS, type FarmerRow, type FarmerStatus, ONLINE, toFarmerStatus, UPTIME } from "./farmer-status.ts";
import { LIVE_CONTRACTS_OF_TOKEN } from "./live-contracts.ts";
import { readOverview } from "./overview.ts";

export const SORT_KEYS = ["id", "address", "uptime", "heartbeats", "contracts", "size", "online"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export function isSortKey(text: string): text is SortKey {
  return (SORT_KEYS as readonly string[]).includes(text);
}

export interface FarmerQuery {
  sort: SortKey;
  descending: boolean;
  /** How many farmers; null: all. */
  limit: number | null;
  /** From 0: farmers `limit * page` and on. */
  page: number;
  onlineOnly: boolean;
  /** Seconds since 1970. */
  now: number;
}

/** Up to this many farmers, counting each one's contracts by index is cheaper than an overview of all. */
const COUNTED_BY_INDEX = 200;

const ORDER: Record<SortKey, string> = {
  id: 'token.farmer_id collate "C"',
  address: 'token.address collate "C"',
  uptime: UPTIME,
  heartbeats: "token.heartbeats",
  contracts: "coalesce(live.contracts, 0)",
  size: "coalesce(live.size, 0)",
  online: ONLINE,
};

const PAGE = "limit $2 offset $3";

/**
 * Farmers in order; those that are equal in it by id. The filter comes before the limit. Nothing is written.
 *
 * Contracts and bytes are counted as of now for up to 200 farmers. In longer lists, and where more than 200 are to be put in order by
 * `contracts` or `size`, they are those of the shared overview, a few seconds old.
 */
export async function listFarmers(pool: pg.Pool, query: FarmerQuery): Promise<FarmerStatus[]> {
  const limit = Math.min(query.limit ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const offset = query.limit === null ? 0 : Math.min(limit * query.page, Number.MAX_SAFE_INTEGER);
  const byCount = query.sort === "contracts" || query.sort === "size";
  const values = [query.now, limit, offset];
  const direction = query.descending ? "desc" : "asc";
  const where = query.onlineOnly ? `where ${ONLINE}` : "";
  const order = `order by ${ORDER[query.sort]} ${direction}, ${ORDER.id}`;

  if (!byCount && limit <= COUNTED_BY_INDEX) {
    // The page is cut before contracts are counted.
    return select(
      pool,
      `(select token.* from downstream.tokens token ${where} ${order} ${PAGE}) as token
       cross join lateral (${LIVE_CONTRACTS_OF_TOKEN}) as live ${order}`,
      values,
    );
  }
  if (!(await hasMoreFarmersThan(pool, COUNTED_BY_INDEX))) {
    return select(
      pool,
      `downstream.tokens token cross join lateral (${LIVE_CONTRACTS_OF_TOKEN}) as live ${where} ${order} ${PAGE}`,
      values,
    );
  }
  const live = [...(await readOverview(pool, query.now)).live];
  return select(
    pool,
    `downstream.tokens token
     left join unnest($4::int[], $5::int8[], $6::int8[], $7::float8[]) as live (token_id, contracts, size, due)
       on live.token_id = token.id ${where} ${order} ${PAGE}`,
    [
      ...values,
      live.map(([id]) => id),
      live.map(([, one]) => one.contracts),
      live.map(([, one]) => one.size),
      live.map(([, one]) => one.due),
    ],
  );
}

async function select(pool: pg.Pool, from: string, values: unknown[]): Promise<FarmerStatus[]> {
  const { rows } = await pool.query<FarmerRow>(`select ${FARMER_COLUMNS} from ${from}`, values);
  return rows.map(toFarmerStatus);
}

async function hasMoreFarmersThan(pool: pg.Pool, count: number): Promise<boolean> {
  const { rows } = await pool.query("select from downstream.tokens offset $1 limit 1", [count]);
  return rows.length > 0;
}
