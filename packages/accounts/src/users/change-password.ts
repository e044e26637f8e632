import { inTransaction, recordEvents } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import type { AccountsContext } from "../accounts-context.ts";
import { checkPassword } from "../passwords/check-password.ts";
import { hashPassword } from "../passwords/hash-password.ts";
import { findUser } from "./find-user.ts";

/**
 * Give a user another password and end its sessions, but for `keep`. Its tokens stay. Where `account` is given, only a user of that account is found.
 * Where `byOperator`, the user's account is told by an event, as whoever set the password can log in as the user.
 * @returns the user's id
 * @throws CairnError `unknown-user`, `bad-password`, `busy`
 */
export async function changePassword(
  { pool }: Pick<AccountsContext, "pool">,
  change: { named: string; account?: string; password: string; keep?: string; byOperator?: boolean },
): Promise<string> {
  const user = await findUser(pool, change.named, change.account);
  checkPassword(change.password, user.name);
  const password = await hashPassword(change.password, "known");
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
    if (change.byOperator === true) {
      await recordEvents(client, [
        {
          account: user.account,
          kind: "password-set-by-operator",
          severity: "warning",
          message: `an operator of the gateway gave the user ${user.name} another password, and can log in with it`,
          next: "If nobody asked for it, ask the operator, and look through `cairn token list` and the users of the account.",
          data: { user: user.name },
        },
      ]);
    }
  });
  return user.id;
}
