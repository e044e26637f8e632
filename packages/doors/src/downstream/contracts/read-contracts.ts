import type pg from "pg";
import { CONTRACT_COLUMNS, type ContractRow, contractRow } from "./contract-row.ts";

/** Who asks for which contract; both hashes are 32 bytes. */
export interface ContractQuery {
  tokenHash: Buffer;
  /** Keyed hash of the network that the request came from. */
  networkKey: Buffer;
  /** Undefined: only the token is looked up. */
  fileHash: Buffer | undefined;
}

export interface FoundContract {
  /** Undefined: no such token. */
  token: number | undefined;
  /** The request comes from another network than the token. */
  elsewhere: boolean;
  contract: ContractRow | undefined;
}

const HASH_BYTES = 32;
const NO_HASH = Buffer.alloc(HASH_BYTES);

const hashAt = (parameter: string) => `substring(${parameter}::bytea from o * ${HASH_BYTES} + 1 for ${HASH_BYTES})`;

/** The limits say nothing new, but keep the planner from reading whole tables when many are asked for. */
const READ = `
select o, t.id, t.elsewhere, ${CONTRACT_COLUMNS}
from generate_series(0, $1::int - 1) as o
cross join lateral (
  select id, network_key <> ${hashAt("$3")} as elsewhere from downstream.tokens where token_hash = ${hashAt("$2")} limit 1
) as t
left join lateral (
  select * from downstream.contracts where token_id = t.id and hash = ${hashAt("$4")} limit 1
) as c on true`;

/** Look up many contracts at once, whoever they belong to. Reads only. */
export async function readContracts(pool: pg.Pool, queries: readonly ContractQuery[]): Promise<FoundContract[]> {
  const found: FoundContract[] = Array.from(queries, () => ({
    token: undefined,
    elsewhere: false,
    contract: undefined,
  }));
  const { rows } = await pool.query<unknown[], unknown[]>({
    name: "downstream-read-contracts",
    rowMode: "array",
    text: READ,
    values: [
      queries.length,
      Buffer.concat(queries.map(({ tokenHash }) => tokenHash)),
      Buffer.concat(queries.map(({ networkKey }) => networkKey)),
      Buffer.concat(queries.map(({ fileHash }) => fileHash ?? NO_HASH)),
    ],
  });
  for (const row of rows) {
    const [o, token, elsewhere] = row as [number, number, boolean];
    found[o] = { token, elsewhere, contract: contractRow(row, 3) };
  }
  return found;
}
