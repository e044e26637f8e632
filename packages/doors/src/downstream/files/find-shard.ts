import type { Pool } from "pg";
import { noToken } from "../tokens/refusals.ts";
import { hashToken } from "../tokens/token.ts";
import type { FileHash } from "../verification-node.ts";

/**
 * Where a shard's bytes come from, for a farmer with a contract on it that has not ended at `now` (seconds since 1970).
 *
 * @throws CairnError `downstream-no-token`
 */
export async function findShard(
  pool: Pool,
  now: number,
  token: string,
  hash: FileHash,
): Promise<{ source: string; size: number } | undefined> {
  const { rows } = await pool.query<{ source: string | null; size: number | null }>(
    `select file.source, file.size::float8 as size
     from downstream.tokens token
     left join downstream.contracts contract on contract.token_id = token.id and contract.hash = $2
       and not contract.settled and contract.start + (contract.answers + 1) * contract.interval > $3
     left join downstream.files file on file.id = contract.file_id
     where token.token_hash = $1`,
    [hashToken(token).tokenHash, /^[0-9a-f]{64}$/.test(hash) ? Buffer.from(hash, "hex") : null, now],
  );
  if (!rows[0]) throw noToken();
  const { source, size } = rows[0];
  return source === null || size === null ? undefined : { source, size };
}
