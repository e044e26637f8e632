import type pg from "pg";

export interface CleanedUp {
  contracts: number;
  files: number;
}

/**
 * What the original's `--cleandb` did: delete contracts that ended more than `keepSeconds` before `now` (seconds since 1970; the original: 60) and
 * were settled, then files made from a seed that no contract and no chunk refers to. A shard's file stays: its bytes are somebody's.
 */
export async function cleanUp(pool: pg.Pool, now: number, keepSeconds = 60): Promise<CleanedUp> {
  const contracts = await pool.query(
    "delete from downstream.contracts where settled and start + (answers + 1) * interval <= $1",
    [now - keepSeconds],
  );
  const files = await pool.query(
    `delete from downstream.files f
     where seed is not null and added_at <= $1
       and not exists (select from downstream.contracts c where c.file_id = f.id)
       and not exists (select from downstream.chunks k where k.file_id = f.id)`,
    [now - keepSeconds],
  );
  return { contracts: contracts.rowCount ?? 0, files: files.rowCount ?? 0 };
}
