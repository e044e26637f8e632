import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";

/** End one of a user's sessions. @throws CairnError `unknown-session` */
export async function endSession(
  { pool }: Pick<AccountsContext, "pool">,
  { id, user }: { id: string; user: string },
): Promise<void> {
  const { rowCount } = await pool.query(`delete from accounts.sessions where id = $1 and "user" = $2`, [id, user]);
  if (rowCount === 1) return;
  throw new CairnError("there is no such session", {
    code: "unknown-session",
    kind: "missing",
    next: "GET /api/v1/sessions lists yours.",
  });
}
