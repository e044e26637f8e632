import type { PoolClient } from "pg";
import type { Scheme } from "../scheme.ts";
import { chooseChunks, type FreeChunk } from "./choose-chunks.ts";

export interface ReserveOptions {
  scheme: Scheme;
  address: string;
  /** What the chunks may have together. */
  bytes: number;
  /** Infinity: as many as fit. */
  most: number;
  /** Whether shards may be among them. */
  fetches: boolean;
}

/** How many are looked at in one go. */
const LOOKED_AT = 64;

/** The most needed copies first, then the largest; no file that a token of this address has a contract on. */
const CANDIDATES = `
select chunk.id, chunk.file_id as "fileId", chunk.size::float8 as size
from downstream.chunks chunk
where chunk.contract_id is null and chunk.scheme = $1 and chunk.size <= $2::bigint
  -- false <= true: without \`fetches\` no shards
  and chunk.shard <= $3
  and chunk.file_id <> all ($4::bigint[])
  and not exists (
    select from downstream.contracts contract join downstream.tokens token on token.id = contract.token_id
    where contract.file_id = chunk.file_id and not contract.settled and token.address = $5)
order by chunk.need desc, chunk.size desc
limit ${LOOKED_AT}`;

/**
 * Takes chunks out of the pool for the rest of the transaction: nobody takes a chunk without the lock on its file, and files that another
 * transaction has are passed over, not waited for. Returns chunks that are free and locked.
 */
export async function reserveChunks(client: PoolClient, options: ReserveOptions): Promise<FreeChunk[]> {
  const reserved: FreeChunk[] = [];
  const tried: string[] = [];
  let left = Math.min(Math.floor(options.bytes), Number.MAX_SAFE_INTEGER);
  while (left > 0 && reserved.length < options.most) {
    const candidates = await client.query<FreeChunk>(CANDIDATES, [
      options.scheme,
      left,
      options.fetches,
      tried,
      options.address,
    ]);
    const wanted = chooseChunks(candidates.rows, left, options.most - reserved.length);
    if (wanted.length === 0) break;
    const files = wanted.map(({ fileId }) => fileId);
    const locked = await client.query<{ id: string }>(
      "select id from downstream.files where id = any ($1::bigint[]) for no key update skip locked",
      [files],
    );
    // Somebody may have taken a chunk and ended his transaction between the look and the lock.
    const free = await client.query<{ id: string }>(
      "select id from downstream.chunks where id = any ($1::bigint[]) and file_id = any ($2::bigint[]) and contract_id is null for update",
      [wanted.map(({ id }) => id), locked.rows.map(({ id }) => id)],
    );
    const ours = new Set(free.rows.map(({ id }) => id));
    for (const chunk of wanted) {
      if (!ours.has(chunk.id)) continue;
      reserved.push(chunk);
      left -= chunk.size;
    }
    tried.push(...files);
  }
  return reserved;
}
