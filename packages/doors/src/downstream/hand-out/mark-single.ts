import { inTransaction } from "@cairn/database";
import type { ContractBeats } from "../contracts/contract-beats.ts";
import type { NodeContext } from "../node-context.ts";
import { hashToken } from "../tokens/token.ts";
import type { FileHash } from "../verification-node.ts";
import { endContracts } from "./end-contracts.ts";

/**
 * Note that a farmer reads one contract from an answer to `/chunk`, the first: it asked about `hash` alone, which came first. Contracts that came
 * after others and were never answered end, and their chunks are free again. Unknown tokens and repeats change nothing.
 *
 * @returns how many contracts ended
 */
export async function markSingle(
  { pool }: Pick<NodeContext, "pool">,
  beats: Pick<ContractBeats, "nextSeed">,
  token: string,
  hash: FileHash,
): Promise<number> {
  return inTransaction(pool, async (client) => {
    const marked = await client.query<{ id: number }>({
      name: "downstream-mark-single",
      text: `update downstream.tokens token set reads_one = true
        where token_hash = $1 and not reads_one and exists
          (select from downstream.contracts where token_id = token.id and hash = decode($2, 'hex') and came_first)
        returning id`,
      values: [hashToken(token).tokenHash, hash],
    });
    const [farmer] = marked.rows;
    if (farmer === undefined) return 0;
    const unread = await client.query<{ id: string }>(
      "select id from downstream.contracts where token_id = $1 and answers = 0 and not came_first and not settled",
      [farmer.id],
    );
    await endContracts(
      client,
      beats,
      unread.rows.map(({ id }) => id),
      { unansweredOnly: true },
    );
    return unread.rows.length;
  });
}
