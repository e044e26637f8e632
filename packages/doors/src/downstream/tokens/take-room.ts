import type { PoolClient } from "pg";
import { takeTurn } from "../locks.ts";
import { tooManyTokens } from "./refusals.ts";

/**
 * Make sure that a network may have one token more. To the end of the transaction nobody else adds one to it.
 *
 * @param most tokens that one network may have; null: any number
 * @throws CairnError `downstream-too-many-tokens`
 */
export async function takeRoom(client: PoolClient, networkKey: Buffer, most: number | null): Promise<void> {
  if (most === null) return;
  await takeTurn(client, "network", networkKey.toString("hex"));
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count
     from (select from downstream.tokens where network_key = $1 limit $2) as tokens`,
    [networkKey, most],
  );
  if (rows[0]!.count >= most) throw tooManyTokens(most);
}
