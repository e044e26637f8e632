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

/** A chunk that is free, and locked with its file by this transaction. */
export interface ReservedChunk extends FreeChunk {
  /** Of the content, in hex. */
  hash: string;
  seed: string | null;
  source: string | null;
  /** JSON text. */
  tag: string;
  /** Copies of the file that should be and that are held. */
  wanted: number;
  held: number;
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
 * Nobody takes a chunk without the lock on its file, and files that another transaction has are passed over. One that has ended in between may
 * have taken the chunk: its row is looked at again when it is locked.
 */
const LOCK = `
with file as materialized (
  select id, hash, seed, source, wanted, held from downstream.files where id = any ($2::bigint[])
  for no key update skip locked
)
select chunk.id, chunk.file_id as "fileId", chunk.size::float8 as size, chunk.tag,
  encode(file.hash, 'hex') as hash, file.seed, file.source, file.wanted, file.held
from downstream.chunks chunk join file on file.id = chunk.file_id
where chunk.id = any ($1::bigint[]) and chunk.contract_id is null
for update of chunk`;

/** Takes chunks out of the pool for the rest of the transaction, in the order of preference. Never waits for another one. */
export async function reserveChunks(client: PoolClient, options: ReserveOptions): Promise<ReservedChunk[]> {
  const { scheme, address, fetches, most } = options;
  const reserved: ReservedChunk[] = [];
  const tried: string[] = [];
  let left = Math.min(Math.floor(options.bytes), Number.MAX_SAFE_INTEGER);
  while (left > 0 && reserved.length < most) {
    const candidates = await client.query<FreeChunk>({
      name: "downstream-candidates",
      text: CANDIDATES,
      values: [scheme, left, fetches, tried, address],
    });
    const wanted = chooseChunks(candidates.rows, left, most - reserved.length);
    if (wanted.length === 0) break;
    const files = wanted.map(({ fileId }) => fileId);
    const locked = await client.query<ReservedChunk>({
      name: "downstream-lock-chunks",
      text: LOCK,
      values: [wanted.map(({ id }) => id), files],
    });
    const ours = new Map(locked.rows.map((chunk) => [chunk.id, chunk]));
    for (const { id } of wanted) {
      const chunk = ours.get(id);
      if (chunk === undefined) continue;
      reserved.push(chunk);
      left -= chunk.size;
    }
    for (const file of files) tried.push(file);
  }
  return reserved;
}
