import type pg from "pg";
import {
  FARMER_COLUMNS,
  type FarmerRow,
  type FarmerStatus,
  type LiveRow,
  ONLINE,
  toFarmerStatus,
  UPTIME,
} from "./farmer-status.ts";
import { LIVE_CONTRACTS_OF_TOKEN } from "./live-contracts.ts";
import { type Overview, readOverview } from "./overview.ts";
import { shareBriefly } from "./share-briefly.ts";

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

/** For this many farmers, counting each one's contracts by index is cheaper than an overview of all. */
const FEW = 200;

const ORDER = {
  id: 'token.farmer_id collate "C"',
  address: 'token.address collate "C"',
  uptime: UPTIME,
  heartbeats: "token.heartbeats",
  contracts: "live.contracts",
  size: "live.size",
  online: ONLINE,
} satisfies Record<SortKey, string>;

/** How long a short list of many farmers is shared. */
const SHARED_SECONDS = 1;

/**
 * Farmers in order; those that are equal in it by id. The filter comes before the limit. Nothing is written.
 *
 * Up to 200 farmers are always shown as of now. Where there are more, a list of at most 200 is at most a second old (or ten times what
 * making it took), and the contracts and bytes in longer lists, and those that `contracts` and `size` order by, are those of the
 * shared overview, a few seconds old.
 */
export async function listFarmers(pool: pg.Pool, query: FarmerQuery): Promise<FarmerStatus[]> {
  if (!(await hasMoreFarmersThan(pool, FEW))) return listCounting(pool, query);
  const { sort, descending, limit, page, onlineOnly, now } = query;
  if (limit === null || limit > FEW) return listWithOverview(pool, query);
  const key = ["list", sort, descending, limit, page, onlineOnly].join(" ");
  const list = await shareBriefly(pool, key, { now, seconds: SHARED_SECONDS }, () =>
    isByLoad(query) ? listWithOverview(pool, query) : listCounting(pool, query),
  );
  return [...list];
}

const isByLoad = ({ sort }: FarmerQuery) => sort === "contracts" || sort === "size";

async function listWithOverview(pool: pg.Pool, query: FarmerQuery): Promise<FarmerStatus[]> {
  const overview = await readOverview(pool, query.now);
  const rows = isByLoad(query) ? await pageByLoad(pool, query, overview) : await pageInOrder(pool, query);
  return rows.map((row) => toFarmerStatus(row, overview.loads.get(row.id) ?? IDLE));
}

const IDLE = { contracts: 0, size: 0, due: null };

async function hasMoreFarmersThan(pool: pg.Pool, count: number): Promise<boolean> {
  const { rows } = await pool.query("select from downstream.tokens offset $1 limit 1", [count]);
  return rows.length > 0;
}

/** Rows to skip and rows to take, within what the database counts with. */
function boundsOf({ limit, page }: FarmerQuery): [limit: number, offset: number] {
  if (limit === null) return [Number.MAX_SAFE_INTEGER, 0];
  return [Math.min(limit, Number.MAX_SAFE_INTEGER), Math.min(limit * page, Number.MAX_SAFE_INTEGER)];
}

function clauses({ sort, descending, onlineOnly }: FarmerQuery) {
  return {
    where: onlineOnly ? `where ${ONLINE}` : "",
    order: `order by ${ORDER[sort]} ${descending ? "desc" : "asc"}, ${ORDER.id}`,
  };
}

/** Counts the contracts of the farmers that are shown; to put in order by those counts, of all. */
async function listCounting(pool: pg.Pool, query: FarmerQuery): Promise<FarmerStatus[]> {
  const { where, order } = clauses(query);
  const page = `${where} ${order} limit $2 offset $3`;
  // Cut before wide columns are read and contracts counted.
  const shown = `where token.id in (select token.id from downstream.tokens token ${page}) ${order}`;
  const { rows } = await pool.query<FarmerRow & LiveRow>(
    `select ${FARMER_COLUMNS}, live.*
     from downstream.tokens token cross join lateral (${LIVE_CONTRACTS_OF_TOKEN}) as live ${isByLoad(query) ? page : shown}`,
    [query.now, ...boundsOf(query)],
  );
  return rows.map((row) => toFarmerStatus(row, row));
}

async function pageInOrder(pool: pg.Pool, query: FarmerQuery): Promise<FarmerRow[]> {
  const { where, order } = clauses(query);
  const { rows } = await pool.query<FarmerRow>(
    `select ${FARMER_COLUMNS} from downstream.tokens token ${where} ${order} limit $2 offset $3`,
    [query.now, ...boundsOf(query)],
  );
  return rows;
}

/** Orders that were asked of an overview, as ids of tokens: thousands of farmers are not put in order for every request. */
const orders = new WeakMap<Overview, Map<string, number[]>>();

function orderByLoad(overview: Overview, key: "contracts" | "size", descending: boolean): number[] {
  const known = orders.get(overview) ?? new Map<string, number[]>();
  orders.set(overview, known);
  const name = `${key} ${descending}`;
  let order = known.get(name);
  if (order === undefined) {
    const sign = descending ? -1 : 1;
    order = [...overview.loads]
      .sort(([, a], [, b]) => sign * (a[key] - b[key]) || (a.farmerId < b.farmerId ? -1 : 1))
      .map(([id]) => id);
    known.set(name, order);
  }
  return order;
}

async function pageByLoad(pool: pg.Pool, query: FarmerQuery, overview: Overview): Promise<FarmerRow[]> {
  const [limit, offset] = boundsOf(query);
  const order = orderByLoad(overview, query.sort === "size" ? "size" : "contracts", query.descending);
  const isShown = (id: number) => !query.onlineOnly || (overview.loads.get(id)?.coveredUntil ?? 0) > query.now;
  const ids = order.filter(isShown).slice(offset, offset + limit);
  const { rows } = await pool.query<FarmerRow>(
    `select ${FARMER_COLUMNS} from unnest($2::int[]) with ordinality as shown (id, place)
     join downstream.tokens token on token.id = shown.id order by shown.place`,
    [query.now, ids],
  );
  return rows;
}
