import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";

/** End a token of the account at once. @throws CairnError `unknown-token`, `home-token` */
export async function revokeToken(
  { pool }: Pick<AccountsContext, "pool">,
  { id, account }: { id: string; account: string },
): Promise<void> {
  const { rows } = await pool.query<{ home: boolean }>(
    `with named as (select id, home from accounts.tokens where id = $1 and account = $2),
       gone as (delete from accounts.tokens t using named n where t.id = n.id and not n.home)
     select home from named`,
    [id, account],
  );
  if (rows[0]?.home === false) return;
  if (rows[0]?.home === true) {
    throw new CairnError("the home's own token is not revoked: its commands would have no way in", {
      code: "home-token",
      kind: "conflict",
      next: "To replace it, stop the network, delete the home's file `token`, and start again: a new one is made, and the old one ends.",
    });
  }
  throw new CairnError("there is no such token", {
    code: "unknown-token",
    kind: "missing",
    next: "`cairn token list` shows the ids of yours.",
  });
}
