import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";

/** @throws CairnError `unknown-invite` */
export async function withdrawInvite(
  { pool }: Pick<AccountsContext, "pool">,
  { id, madeBy }: { id: string; madeBy: string },
): Promise<void> {
  const { rowCount } = await pool.query("delete from accounts.invites where id = $1 and made_by = $2", [id, madeBy]);
  if (rowCount === 1) return;
  throw new CairnError("there is no such invite", {
    code: "unknown-invite",
    kind: "missing",
    next: "`cairn user invite --list` shows those that are open.",
  });
}
