import type { Pool } from "pg";
import type { Scheme } from "../scheme.ts";

/**
 * Deletes fresh seeded chunks beyond the plan, those first of which the most challenges were shown: chunks that farmers took and never answered
 * for come back, and would pile up. Chunks that are being handed out at this moment are passed over.
 *
 * @returns how many chunks went
 */
export async function trimPool(pool: Pool, scheme: Scheme, plan: ReadonlyMap<number, number>): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from downstream.chunks where contract_id is null and id in (
       select chunk.id
       from (
         select id, file_id, size, row_number() over (partition by size order by round, id) as place
         from downstream.chunks where contract_id is null and scheme = $1 and not shard and need = 0
       ) as chunk
       left join unnest($2::bigint[], $3::bigint[]) as plan (size, count) on plan.size = chunk.size
       join downstream.files file on file.id = chunk.file_id
       where chunk.place > coalesce(plan.count, 0)
       for no key update of file skip locked)`,
    [scheme, [...plan.keys()], [...plan.values()]],
  );
  return rowCount ?? 0;
}
