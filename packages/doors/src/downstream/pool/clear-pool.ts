import type { Pool } from "pg";

/**
 * Deletes prepared seeded chunks that nobody has been given, and their files; shards stay, as somebody's bytes are behind them. Chunks that are
 * being handed out at this moment are passed over.
 *
 * @returns how many chunks went
 */
export async function clearPool(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from downstream.chunks where contract_id is null and id in (
       select chunk.id from downstream.chunks chunk join downstream.files file on file.id = chunk.file_id
       where chunk.contract_id is null and not chunk.shard for no key update of file skip locked)`,
  );
  await pool.query(
    `delete from downstream.files file where seed is not null and held = 0
       and not exists (select from downstream.chunks chunk where chunk.file_id = file.id)
       and not exists (select from downstream.contracts contract where contract.file_id = file.id)`,
  );
  return rowCount ?? 0;
}
