import type pg from "pg";
import { FARMER_COLUMNS, type FarmerRow, type FarmerStatus, type LiveRow, toFarmerStatus } from "./farmer-status.ts";
import { LIVE_CONTRACTS_OF_TOKEN } from "./live-contracts.ts";

/** One farmer by its id, as of `now` (seconds since 1970); undefined when there is none. Nothing is written. */
export async function showFarmer(pool: pg.Pool, farmerId: string, now: number): Promise<FarmerStatus | undefined> {
  const { rows } = await pool.query<FarmerRow & LiveRow>(
    `select ${FARMER_COLUMNS}, live.*
     from downstream.tokens token cross join lateral (${LIVE_CONTRACTS_OF_TOKEN}) as live
     where token.farmer_id = $2`,
    [now, farmerId],
  );
  return rows[0] && toFarmerStatus(rows[0], rows[0]);
}
