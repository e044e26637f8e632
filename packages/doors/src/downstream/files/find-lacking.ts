import type { Pool } from "pg";
import type { Scheme } from "../scheme.ts";

/** A seeded file that some farmers hold, but too few, and no copy waits for another one. */
export interface LackingFile {
  /** Decimal. */
  id: string;
  seed: string;
  size: number;
}

/** Up to `most` files to encode once more, oldest first. */
export async function findLacking(pool: Pool, scheme: Scheme, most: number): Promise<LackingFile[]> {
  const { rows } = await pool.query<LackingFile>(
    `select file.id, file.seed, file.size::float8 as size from downstream.files file
     where file.seed is not null and file.held > 0 and file.held < file.wanted
       and not exists (select from downstream.chunks chunk
         where chunk.file_id = file.id and chunk.contract_id is null and chunk.scheme = $1)
     order by file.id limit $2`,
    [scheme, most],
  );
  return rows;
}
