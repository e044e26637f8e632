import type { PoolClient } from "pg";
import type { ContractBeats } from "../contracts/contract-beats.ts";
import { CONTRACT_COLUMNS, type ContractRow, contractRow, questionOf } from "../contracts/contract-row.ts";
import type { HandedChunk, WireObject } from "../verification-node.ts";
import type { ReservedChunk } from "./reserve-chunks.ts";

export interface MadeContract {
  /** Decimal. */
  id: string;
  handed: HandedChunk;
}

/** A contract that was settled would stand in the way of a new one of the same farmer on the same file. */
const FORGET_SETTLED =
  "delete from downstream.contracts where token_id = $1 and settled and hash = any (select decode(unnest($2::text[]), 'hex'))";

const INSERT = `
insert into downstream.contracts as c
  (token_id, file_id, hash, scheme, size, start, interval, root, seed, rounds, state, round, came_first)
select $1, file.id, file.hash, chunk.scheme, file.size, $3, file.interval,
  chunk.root, chunk.seed, chunk.rounds, chunk.state, chunk.round, chunk.id = ($2::bigint[])[1]
from downstream.chunks chunk join downstream.files file on file.id = chunk.file_id
where chunk.id = any ($2::bigint[])
returning c.file_id, ${CONTRACT_COLUMNS}`;

const BIND = `
with bound as (
  update downstream.chunks chunk set contract_id = made.contract_id
  from unnest($1::bigint[], $2::bigint[]) as made (id, contract_id) where chunk.id = made.id
  returning chunk.file_id
)
update downstream.files set held = held + 1 from bound where id = bound.file_id`;

/**
 * Makes contracts on reserved chunks, not firm yet, from `now` on (seconds since 1970), and what the farmer is told of them, in the order of
 * `chunks`. The chunks stay in the pool's table, bound to their contracts.
 */
export async function makeContracts(
  client: PoolClient,
  beats: ContractBeats,
  tokenId: number,
  chunks: readonly ReservedChunk[],
  now: number,
): Promise<MadeContract[]> {
  if (chunks.length === 0) return [];
  const ids = chunks.map(({ id }) => id);
  await client.query({
    name: "downstream-forget-settled",
    text: FORGET_SETTLED,
    values: [tokenId, chunks.map(({ hash }) => hash)],
  });
  const inserted = await client.query<unknown[], unknown[]>({
    name: "downstream-make-contracts",
    text: INSERT,
    values: [tokenId, ids, now],
    rowMode: "array",
  });
  const contracts = new Map<string, ContractRow>();
  for (const row of inserted.rows) contracts.set(row[0] as string, contractRow(row, 1)!);
  await client.query({
    name: "downstream-bind-chunks",
    text: BIND,
    values: [ids, chunks.map(({ fileId }) => contracts.get(fileId)!.id)],
  });
  return chunks.map(({ fileId, hash, size, seed, source, tag, wanted, held }) => {
    const contract = contracts.get(fileId)!;
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
        redundancy: { wanted, held: held + 1 },
      },
    };
  });
}
