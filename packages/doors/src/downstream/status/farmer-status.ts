import type { Location } from "../location/location.ts";

/** A farmer as the status routes show it: the keys and units of the wire. */
export interface FarmerStatus {
  /** The first 20 hex characters of the SHA-256 of the token's bytes. */
  id: string;
  address: string;
  location: Location;
  /** Percent of the time since the first contract began that a contract covered, 2 decimals. */
  uptime: number;
  /** Accepted answers. */
  heartbeats: number;
  /** Live contracts, and their bytes. */
  contracts: number;
  size: number;
  online: boolean;
  /** When the last of the present challenges is due, or the end of the last contract: UTC without zone, `2026-11-21T10:23:27`. */
  last_due: string | null;
  /** Keyed hash of the network address, hex. */
  ip: string;
}

export interface FarmerRow {
  id: number;
  farmer_id: string;
  address: string;
  ip_hash: Buffer;
  location: Location;
  heartbeats: string;
  covered_until: number | null;
  online: boolean;
  uptime: number;
}

/** A farmer's live contracts, as the database counts them or an overview holds them. */
export interface LiveRow {
  contracts: string | number;
  size: string | number;
  due: number | null;
}

/**
 * Percent of uptime at instant $1 of `token`: seconds under contract so far, by seconds since the first contract began. It is rounded here,
 * so that farmers who show the same figure are ordered by their ids.
 */
export const UPTIME = `
  case
    when token.first_start is null then 0
    when token.first_start >= $1 then 100
    else round(10000 * least(1, greatest(0,
      (token.covered_seconds - greatest(0, token.covered_until - $1)) / ($1 - token.first_start)))) / 100
  end`;

export const ONLINE = "coalesce(token.covered_until > $1, false)";

/** What is shown of `token` beside its contracts. */
export const FARMER_COLUMNS = `
  token.id, token.farmer_id, token.address, token.ip_hash, token.location, token.heartbeats, token.covered_until,
  ${ONLINE} as online, ${UPTIME} as uptime`;

/** A time in seconds as the original wrote it. */
function withoutZone(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19);
}

export function toFarmerStatus(row: FarmerRow, live: LiveRow): FarmerStatus {
  const due = live.due ?? row.covered_until;
  const { country, state, city, zip, lat, lon } = row.location;
  return {
    id: row.farmer_id,
    address: row.address,
    location: { country, state, city, zip, lat, lon },
    uptime: row.uptime,
    heartbeats: Number(row.heartbeats),
    contracts: Number(live.contracts),
    size: Number(live.size),
    online: row.online,
    last_due: due === null ? null : withoutZone(due),
    ip: row.ip_hash.toString("hex"),
  };
}
