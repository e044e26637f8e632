import { listWallets } from "@cairn/accounts";
import type { Pool } from "pg";

/** What providers hold of the account's live deals, by provider. */
export async function heldOf(pool: Pool, account: string): Promise<Map<string, { deals: number; bytes: string }>> {
  const owners = (await listWallets(pool, account)).map(({ address }) => address);
  const { rows } = await pool.query<{ provider: string; deals: number; bytes: string }>(
    `select provider, count(*)::int as deals, coalesce(sum(raw_length), 0)::text as bytes
     from catalog.deals where owner = any($1) and state in ('PROPOSED', 'ACTIVE') group by provider`,
    [owners],
  );
  return new Map(rows.map(({ provider, ...held }) => [provider, held]));
}
