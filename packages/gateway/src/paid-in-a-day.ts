import { inTransaction } from "@cairn/database";
import { DAY, type Seconds } from "@cairn/protocol";
import type { Pool, PoolClient } from "pg";

/** Tables of what a gateway pays for strangers, with a column `day`. */
type Table = "gateway.registrations" | "gateway.chain_proofs";

export const dayOf = (now: Seconds): number => Math.floor(now / DAY);

/** Count a day's rows of a table and add to them in one step, which no other process interrupts; rows of other days are deleted first. */
export function countInDay<T>(
  pool: Pool,
  table: Table,
  day: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query(`lock table ${table} in exclusive mode`);
    await client.query(`delete from ${table} where day <> $1`, [day]);
    return work(client);
  });
}
