import type pg from "pg";

const MOST_PER_STATEMENT = 1000;

/**
 * Delete chunks whose farmer has shown by an accepted answer that it has them, and worn-out or orphaned ones: their contract has no challenge
 * left for anybody else, or is gone. Tags are the bulk of this database.
 *
 * @returns how many
 */
export async function dropAnsweredTags(pool: pg.Pool): Promise<number> {
  for (let dropped = 0; ; ) {
    const { rowCount } = await pool.query({
      name: "downstream-drop-tags",
      text: `
delete from downstream.chunks where id in (
  select k.id from downstream.chunks k left join downstream.contracts c on c.id = k.contract_id
  where k.contract_id is not null and (c.id is null or c.answers > 0 or c.settled)
  limit ${MOST_PER_STATEMENT} for update of k skip locked
)`,
    });
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < MOST_PER_STATEMENT) return dropped;
  }
}
