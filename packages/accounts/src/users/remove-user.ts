import { inTransaction } from "@cairn/catalog";
import type { AccountsContext } from "../accounts-context.ts";
import { findUser } from "./find-user.ts";
import type { User } from "./user.ts";

/**
 * End a user, with its sessions and the tokens and invites that it made. Packages stay with the account until their terms end. Where `account` is given, only a
 * user of that account is found.
 * @throws CairnError `unknown-user`
 */
export async function removeUser(
  { pool }: Pick<AccountsContext, "pool">,
  { named, account }: { named: string; account?: string },
): Promise<User> {
  return inTransaction(pool, async (client) => {
    const user = await findUser(client, named, account);
    await client.query("delete from accounts.users where id = $1", [user.id]);
    return user;
  });
}
