import type { Pool } from "pg";

const CONFIRM = `
with farmer as materialized (
  select id from downstream.tokens where id = $1 for no key update
), stands as (
  update downstream.contracts set firm = true
  where (select count(*) from farmer) > 0 and id = any ($2::bigint[])
  returning start, start + interval as until
), covered as (
  select min(start) as start, max(until) as until from stands having count(*) > 0
)
update downstream.tokens token
set first_start = least(token.first_start, covered.start),
  covered_seconds = token.covered_seconds + case
    when token.covered_until >= covered.start then greatest(0, covered.until - token.covered_until)
    else covered.until - covered.start
  end,
  covered_until = greatest(token.covered_until, covered.until)
from covered where token.id = $1`;

/** The farmer has these contracts: they stand, and cover their first window for him. Locks the token before the contracts, as all do. */
export async function confirmContracts(pool: Pool, tokenId: number, contractIds: readonly string[]): Promise<void> {
  if (contractIds.length === 0) return;
  await pool.query({ name: "downstream-confirm", text: CONFIRM, values: [tokenId, contractIds] });
}
