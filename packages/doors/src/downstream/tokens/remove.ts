import { inTransaction } from "@cairn/database";
import type { PoolClient } from "pg";
import type { ContractBeats } from "../contracts/contract-beats.ts";
import { endContracts } from "../hand-out/end-contracts.ts";
import type { NodeContext } from "../node-context.ts";
import { noToken } from "./refusals.ts";
import { hashToken } from "./token.ts";

/** Ends tokens whose rows this transaction has locked: their contracts end, chunks that nobody answered for return to the pool. */
export async function removeTokens(
  client: PoolClient,
  beats: Pick<ContractBeats, "nextSeed">,
  tokenIds: readonly number[],
): Promise<void> {
  const contracts = await client.query<{ id: string }>(
    "select id from downstream.contracts where token_id = any ($1::int[])",
    [tokenIds],
  );
  await endContracts(
    client,
    beats,
    contracts.rows.map(({ id }) => id),
  );
  await client.query("delete from downstream.tokens where id = any ($1::int[])", [tokenIds]);
}

/**
 * Ends a token and with it a farmer: history and all.
 *
 * @throws CairnError `downstream-no-token`
 */
export async function removeToken(
  { pool }: Pick<NodeContext, "pool">,
  beats: Pick<ContractBeats, "nextSeed">,
  token: string,
): Promise<void> {
  const { tokenHash } = hashToken(token);
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      "select id from downstream.tokens where token_hash = $1 for update",
      [tokenHash],
    );
    if (!rows[0]) throw noToken();
    await removeTokens(client, beats, [rows[0].id]);
  });
}
