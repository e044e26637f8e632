import type { NodeContext } from "../node-context.ts";
import type { Scheme } from "../scheme.ts";
import type { Registration } from "../verification-node.ts";
import { noToken } from "./refusals.ts";
import { hashToken, hashTokenBytes, TOKEN_BYTES } from "./token.ts";

/**
 * Replaces a token by a new one, under which contracts and history go on. The farmer's id follows the token, as farmers work it out from
 * theirs; two rotations of one token at once: one of them finds no token.
 *
 * @throws CairnError `downstream-no-token`
 */
export async function rotateToken(
  { pool, random }: Pick<NodeContext, "pool" | "random">,
  token: string,
): Promise<Registration> {
  const fresh = Buffer.from(random(TOKEN_BYTES));
  const { tokenHash, farmerId } = hashTokenBytes(fresh);
  const { rows } = await pool.query<{ scheme: Scheme }>(
    "update downstream.tokens set token_hash = $2, farmer_id = $3 where token_hash = $1 returning scheme",
    [hashToken(token).tokenHash, tokenHash, farmerId],
  );
  if (!rows[0]) throw noToken();
  return { token: fresh.toString("hex"), farmerId, scheme: rows[0].scheme };
}
