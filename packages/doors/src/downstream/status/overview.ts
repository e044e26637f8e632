import type pg from "pg";
import { LIVE, LIVE_FIGURES } from "./live-contracts.ts";
import { shareBriefly } from "./share-briefly.ts";

export interface DownstreamTotals {
  farmers: number;
  online: number;
  /** Contracts that have not expired, and their bytes. */
  contracts: number;
  bytes: number;
  /** Accepted answers since the beginning, of the farmers that still have a token. */
  heartbeats: number;
  /** Copies of files: how many should be held, and how many are. */
  wanted: number;
  held: number;
  /** Prepared chunks that wait for a farmer. */
  pool: { chunks: number; bytes: number };
}

/** Farmers whose location is the same. */
export interface Place {
  lat: number;
  lon: number;
  /** City and country as far as they are known. */
  name: string;
  farmers: number;
  online: number;
}

/** What the live contracts of a farmer come to. */
interface FarmerLoad {
  farmerId: string;
  contracts: number;
  /** Bytes. */
  size: number;
  /** When the last of the present challenges is due, in seconds since 1970; null without any. */
  due: number | null;
  /** Until when the farmer counts as online; null when it never had a contract. */
  coveredUntil: number | null;
}

export interface Overview {
  totals: DownstreamTotals;
  /** Every farmer by `tokens.id`. */
  loads: Map<number, FarmerLoad>;
  places: Place[];
  /** Farmers without a known location. */
  unplaced: number;
}

const OVERVIEW_SECONDS = 5;

/**
 * Counts over all farmers and contracts: about half a second of the database's time with a million contracts. All who ask within five
 * seconds (or ten times what the last one took, if that is longer) are given the same one, so that asking often costs nothing.
 * `now` is seconds since 1970.
 */
export function readOverview(pool: pg.Pool, now: number): Promise<Overview> {
  return shareBriefly(pool, "overview", { now, seconds: OVERVIEW_SECONDS }, () => makeOverview(pool, now));
}

/** The totals of `readOverview`, just as old. */
export async function readTotals(pool: pg.Pool, now: number): Promise<DownstreamTotals> {
  return (await readOverview(pool, now)).totals;
}

async function makeOverview(pool: pg.Pool, now: number): Promise<Overview> {
  const [farmers, loadRows, copies, chunks] = await Promise.all([
    pool.query<PlaceRow>(PLACES, [now]),
    pool.query<LoadRow>(LOADS, [now]),
    pool.query<{ wanted: string; held: string }>(COPIES),
    pool.query<{ chunks: string; bytes: string }>(CHUNKS),
  ]);
  const loads = new Map(
    loadRows.rows.map((row): [number, FarmerLoad] => [
      row.id,
      {
        farmerId: row.farmer_id,
        contracts: Number(row.contracts),
        size: Number(row.size),
        due: row.due,
        coveredUntil: row.covered_until,
      },
    ]),
  );
  const sum = <Row>(rows: Iterable<Row>, of: (row: Row) => number) => {
    let total = 0;
    for (const row of rows) total += of(row);
    return total;
  };
  const places: Place[] = [];
  let unplaced = 0;
  for (const { lat, lon, city, country, farmers: count, online } of farmers.rows) {
    if (lat === null || lon === null) unplaced += count;
    else {
      const name = [city, country].filter((part) => part !== null).join(", ") || "unnamed place";
      places.push({ lat, lon, name, farmers: count, online });
    }
  }
  return {
    totals: {
      farmers: sum(farmers.rows, (row) => row.farmers),
      online: sum(farmers.rows, (row) => row.online),
      contracts: sum(loads.values(), (load) => load.contracts),
      bytes: sum(loads.values(), (load) => load.size),
      heartbeats: sum(farmers.rows, (row) => Number(row.heartbeats)),
      wanted: Number(copies.rows[0]?.wanted),
      held: Number(copies.rows[0]?.held),
      pool: { chunks: Number(chunks.rows[0]?.chunks), bytes: Number(chunks.rows[0]?.bytes) },
    },
    loads,
    places,
    unplaced,
  };
}

interface PlaceRow {
  lat: number | null;
  lon: number | null;
  city: string | null;
  country: string | null;
  farmers: number;
  online: number;
  heartbeats: string;
}

interface LoadRow {
  id: number;
  farmer_id: string;
  covered_until: number | null;
  contracts: string;
  size: string;
  due: number | null;
}

const PLACES = `
select (location->>'lat')::float8 as lat, (location->>'lon')::float8 as lon, location->>'city' as city,
  location->>'country' as country, count(*)::int as farmers, (count(*) filter (where covered_until > $1))::int as online,
  sum(heartbeats) as heartbeats
from downstream.tokens group by 1, 2, 3, 4`;

const LOADS = `
select token.id, token.farmer_id, token.covered_until, coalesce(live.contracts, 0) as contracts, coalesce(live.size, 0) as size, live.due
from downstream.tokens token
left join (select token_id, ${LIVE_FIGURES} from downstream.contracts where ${LIVE} group by token_id) as live
  on live.token_id = token.id`;

const COPIES = `
select coalesce(sum(wanted), 0) as wanted, coalesce(sum(held), 0) as held from downstream.files`;

const CHUNKS = `
select count(*) as chunks, coalesce(sum(size), 0) as bytes from downstream.chunks where contract_id is null`;
