import type { Pool } from "pg";
import type { Scheme } from "../scheme.ts";
import { noToken } from "./refusals.ts";
import { hashToken } from "./token.ts";

/**
 * The scheme and id behind a token.
 *
 * @throws CairnError `downstream-no-token`
 */
export async function findToken(pool: Pool, token: string): Promise<{ scheme: Scheme; farmerId: string }> {
  const { rows } = await pool.query<{ scheme: Scheme; farmerId: string }>(
    `select scheme, farmer_id as "farmerId" from downstream.tokens where token_hash = $1`,
    [hashToken(token).tokenHash],
  );
  if (!rows[0]) throw noToken();
  return rows[0];
}
