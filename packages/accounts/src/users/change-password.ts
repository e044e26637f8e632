import { inTransaction } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { checkPassword } from "../passwords/check-password.ts";
import { hashPassword } from "../passwords/hash-password.ts";
import { findUser } from "./find-user.ts";

/**
 * Give a user another password and end its sessions, but for `keep`. Its tokens stay. Where `account` is given, only a user of that account is found.
 * @throws CairnError `unknown-user`, `bad-password`, `busy`
 */
export async function changePassword(
  { pool }: Pick<AccountsContext, "pool">,
  change: { named: string; account?: string; password: string; keep?: string },
): Promise<void> {
  const user = await findUser(pool, change.named, change.account);
  checkPassword(change.password, user.name);
  const password = await hashPassword(change.password);
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query("update accounts.users set password = $2 where id = $1", [
      user.id,
      password,
    ]);
    if (rowCount === 0)
      throw new CairnError("there is no such user", {
        code: "unknown-user",
        kind: "missing",
        next: "`cairn user list` shows the users.",
      });
    await client.query(`delete from accounts.sessions where "user" = $1 and id is distinct from $2`, [
      user.id,
      change.keep ?? null,
    ]);
  });
}
