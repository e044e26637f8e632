import type { PoolClient } from "pg";
import type { ContractBeats } from "../contracts/contract-beats.ts";
import { CONTRACT_COLUMNS, type ContractRow, contractRow, questionOf } from "../contracts/contract-row.ts";
import type { HandedChunk, WireObject } from "../verification-node.ts";
import type { FreeChunk } from "./choose-chunks.ts";

export interface MadeContract {
  /** Decimal. */
  id: string;
  handed: HandedChunk;
}

interface ChunkRow {
  id: string;
  hash: string;
  seed: string | null;
  source: string | null;
  tag: string;
  wanted: number;
  held: number;
}

/** A contract that was settled would stand in the way of a new one of the same farmer on the same file. */
const FORGET_SETTLED =
  "delete from downstream.contracts where token_id = $1 and settled and hash in (select hash from downstream.files where id = any ($2::bigint[]))";

const INSERT = `
insert into downstream.contracts as c
  (token_id, file_id, hash, scheme, size, start, interval, root, seed, rounds, state, round)
select $1, file.id, file.hash, chunk.scheme, file.size, $3, file.interval,
  chunk.root, chunk.seed, chunk.rounds, chunk.state, chunk.round
from downstream.chunks chunk join downstream.files file on file.id = chunk.file_id
where chunk.id = any ($2::bigint[])
returning c.file_id, ${CONTRACT_COLUMNS}`;

const BIND = `
update downstream.chunks chunk set contract_id = made.contract_id
from unnest($1::bigint[], $2::bigint[]) as made (id, contract_id) where chunk.id = made.id`;

const HOLD = "update downstream.files set held = held + 1 where id = any ($1::bigint[])";

const DESCRIBE = `
select chunk.id, encode(file.hash, 'hex') as hash, file.seed, file.source, chunk.tag, file.wanted, file.held
from downstream.chunks chunk join downstream.files file on file.id = chunk.file_id
where chunk.id = any ($1::bigint[])`;

/**
 * Makes contracts on reserved chunks, not firm yet, from `now` on (seconds since 1970), and what the farmer is told of them, in the order of
 * `chunks`. The chunks stay in the pool's table, bound to their contracts.
 */
export async function makeContracts(
  client: PoolClient,
  beats: ContractBeats,
  tokenId: number,
  chunks: readonly FreeChunk[],
  now: number,
): Promise<MadeContract[]> {
  if (chunks.length === 0) return [];
  const ids = chunks.map(({ id }) => id);
  const files = chunks.map(({ fileId }) => fileId);
  await client.query(FORGET_SETTLED, [tokenId, files]);
  const inserted = await client.query<unknown[], unknown[]>({
    text: INSERT,
    values: [tokenId, ids, now],
    rowMode: "array",
  });
  const contracts = new Map<string, ContractRow>();
  for (const row of inserted.rows) contracts.set(row[0] as string, contractRow(row, 1)!);
  await client.query(BIND, [ids, files.map((file) => contracts.get(file)!.id)]);
  await client.query(HOLD, [files]);
  const described = await client.query<ChunkRow>(DESCRIBE, [ids]);
  const rows = new Map(described.rows.map((row) => [row.id, row]));
  return chunks.map(({ id, fileId, size }) => {
    const contract = contracts.get(fileId)!;
    const { hash, seed, source, tag, wanted, held } = rows.get(id)!;
    return {
      id: contract.id,
      handed: {
        hash,
        size,
        seed: seed ?? "",
        ...(source === null ? {} : { source }),
        challenge: beats.challenge(questionOf(beats, contract, 0)),
        tag: JSON.parse(tag) as WireObject,
        due: contract.interval,
        redundancy: { wanted, held },
      },
    };
  });
}
