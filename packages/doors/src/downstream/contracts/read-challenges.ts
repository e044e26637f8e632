import type pg from "pg";
import { noToken } from "../tokens/refusals.ts";
import { hashToken } from "../tokens/token.ts";
import type { ContractChallenge, FileHash } from "../verification-node.ts";
import type { ContractBeats } from "./contract-beats.ts";
import { CONTRACT_COLUMNS, type ContractRow, contractRow, questionOf, standingOf } from "./contract-row.ts";

const ALL = `
select t.id, encode(c.hash, 'hex'), ${CONTRACT_COLUMNS}
from downstream.tokens t left join downstream.contracts c on c.token_id = t.id
where t.token_hash = $1
order by c.id`;

const SOME = `
select t.id, encode(c.hash, 'hex'), ${CONTRACT_COLUMNS}
from downstream.tokens t left join downstream.contracts c on c.token_id = t.id and c.hash = any ($2::bytea[])
where t.token_hash = $1`;

const HASH = /^[0-9a-f]{64}$/;

/**
 * The present challenges of a farmer's contracts: of all, oldest contract first, or of `hashes` in that order,
 * repeated ones once. Reads only.
 *
 * @param now the clock, seconds since 1970; looked at when the contracts have been read, so that `due` does not count the time that took
 *
 * @throws CairnError `downstream-no-token`
 */
export async function readChallenges(
  pool: pg.Pool,
  beats: ContractBeats,
  now: () => number,
  token: string,
  hashes?: readonly FileHash[],
): Promise<ContractChallenge[]> {
  const { tokenHash } = hashToken(token);
  const asked = hashes && [...new Set(hashes)];
  const { rows } = await pool.query<unknown[], unknown[]>(
    asked === undefined
      ? { name: "downstream-all-challenges", rowMode: "array", text: ALL, values: [tokenHash] }
      : { name: "downstream-some-challenges", rowMode: "array", text: SOME, values: [tokenHash, hashArray(asked)] },
  );
  if (rows.length === 0) throw noToken();
  const contracts = new Map<FileHash, ContractRow>();
  for (const row of rows) {
    const contract = contractRow(row, 2);
    if (contract !== undefined) contracts.set(row[1] as FileHash, contract);
  }
  const readAt = now();
  return Array.from(asked ?? contracts.keys(), (hash) => challengeOf(beats, hash, contracts.get(hash), readAt));
}

/** Hashes as the text of an array of PostgreSQL; strings that are not hashes match nothing. */
function hashArray(hashes: readonly FileHash[]): string {
  return `{${hashes
    .filter((hash) => HASH.test(hash))
    .map((hash) => `"\\\\x${hash}"`)
    .join(",")}}`;
}

function challengeOf(
  beats: ContractBeats,
  hash: FileHash,
  contract: ContractRow | undefined,
  now: number,
): ContractChallenge {
  if (contract === undefined) return { hash, outcome: "missing" };
  const standing = standingOf(contract, now);
  if (standing.state === "expired" || standing.state === "exhausted") return { hash, outcome: standing.state };
  return {
    hash,
    outcome: "open",
    challenge: beats.challenge(questionOf(beats, contract, standing.window)),
    due: standing.due - now,
    answered: standing.state === "answered",
  };
}
