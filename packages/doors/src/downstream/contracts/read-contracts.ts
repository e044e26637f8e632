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
  /** The request comes from another network than the token, and that one has as many tokens as it may. */
  overLimit: boolean;
  contract: ContractRow | undefined;
}

const HASH_BYTES = 32;
const NO_HASH = Buffer.alloc(HASH_BYTES);

const hashAt = (parameter: string) => `substring(${parameter}::bytea from o * ${HASH_BYTES} + 1 for ${HASH_BYTES})`;

const READ = `
select o, t.id, t.network_key <> ${hashAt("$3")} and $5::int is not null and (
    select count(*) from (
      select from downstream.tokens n where n.network_key = ${hashAt("$3")} limit $5::int
    ) as others
  ) >= $5::int, ${CONTRACT_COLUMNS}
from generate_series(0, $1::int - 1) as o
join downstream.tokens t on t.token_hash = ${hashAt("$2")}
left join downstream.contracts c on c.token_id = t.id and c.hash = ${hashAt("$4")}`;

/** Look up many contracts at once, whoever they belong to. Reads only. `maxTokens` per network; null: no limit. */
export async function readContracts(
  pool: pg.Pool,
  queries: readonly ContractQuery[],
  maxTokens: number | null,
): Promise<FoundContract[]> {
  const found: FoundContract[] = Array.from(queries, () => ({
    token: undefined,
    overLimit: false,
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
      maxTokens,
    ],
  });
  for (const row of rows) {
    const [o, token, overLimit] = row as [number, number, boolean];
    found[o] = { token, overLimit, contract: contractRow(row, 3) };
  }
  return found;
}
