import type { Pool } from "pg";

/** The farmer has these contracts: they stand. They count as time online only once he has answered. */
export async function confirmContracts(pool: Pool, contractIds: readonly string[]): Promise<void> {
  if (contractIds.length === 0) return;
  await pool.query({
    name: "downstream-confirm",
    text: `with standing as materialized (
      select id from downstream.contracts where id = any ($1::bigint[]) order by id for no key update
    )
    update downstream.contracts set firm = true where id in (select id from standing)`,
    values: [contractIds],
  });
}
