import type { PoolClient } from "pg";
import type { ContractBeats } from "../contracts/contract-beats.ts";

interface EndedContract {
  id: string;
  fileId: string;
  settled: boolean;
  answers: number;
  round: number;
  rounds: number | null;
  seed: Buffer | null;
}

export interface EndContractsOptions {
  /** Leave contracts alone that the farmer has answered. */
  unansweredOnly?: boolean;
}

/**
 * Ends contracts for good, inside a transaction: their rows go, their files have a copy fewer, and a chunk that nobody answered for is free
 * again, past the challenge that was shown. Rows are locked as everywhere: contracts, then files, then chunks. Ids are decimal.
 */
export async function endContracts(
  client: PoolClient,
  beats: Pick<ContractBeats, "nextSeed">,
  contractIds: readonly string[],
  { unansweredOnly = false }: EndContractsOptions = {},
): Promise<void> {
  const { rows } = await client.query<EndedContract>(
    `select id, file_id as "fileId", settled, answers, round, rounds, seed from downstream.contracts
     where id = any ($1::bigint[]) and (answers = 0 or not $2) order by id for update`,
    [contractIds, unansweredOnly],
  );
  if (rows.length === 0) return;
  const held = rows.filter(({ settled }) => !settled);
  await client.query("select from downstream.files where id = any ($1::bigint[]) order by id for no key update", [
    held.map(({ fileId }) => fileId),
  ]);
  await client.query("delete from downstream.contracts where id = any ($1::bigint[])", [rows.map(({ id }) => id)]);
  await client.query(
    `update downstream.files file set held = greatest(0, file.held - ended.copies)
     from (select file_id, count(*) as copies from unnest($1::bigint[]) as file_id group by file_id) as ended
     where file.id = ended.file_id`,
    [held.map(({ fileId }) => fileId)],
  );
  const returning = held.filter(
    ({ answers, round, rounds }) => answers === 0 && (rounds === null || round + 1 < rounds),
  );
  await client.query(
    `update downstream.chunks chunk
     set contract_id = null, round = ended.round + 1, seed = coalesce(ended.seed, chunk.seed)
     from unnest($1::bigint[], $2::int[], $3::bytea[]) as ended (id, round, seed)
     where chunk.contract_id = ended.id`,
    [
      returning.map(({ id }) => id),
      returning.map(({ round }) => round),
      returning.map(({ seed }) => seed && beats.nextSeed(seed)),
    ],
  );
  // What is still bound to them is worn out, or with a farmer that has gone.
  await client.query("delete from downstream.chunks where contract_id = any ($1::bigint[])", [
    rows.map(({ id }) => id),
  ]);
}
