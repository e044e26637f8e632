import { inTransaction } from "@cairn/catalog";
import type { AccountsContext } from "../accounts-context.ts";
import { findWallet } from "./find-wallet.ts";
import type { Wallet } from "./wallet.ts";

/** What new packages belong to unless they say otherwise; packages that are stored keep their wallets. @throws CairnError `unknown-wallet` */
export async function setDefaultWallet(
  { pool }: Pick<AccountsContext, "pool">,
  { account, named }: { account: string; named: string },
): Promise<Wallet> {
  return inTransaction(pool, async (client) => {
    await client.query("select 1 from catalog.accounts where id = $1 for update", [account]);
    const wallet = await findWallet(client, account, named);
    await client.query("update accounts.wallets set is_default = false where account = $1 and is_default", [account]);
    await client.query("update accounts.wallets set is_default = true where address = $1", [wallet.address]);
    await client.query("update catalog.accounts set owner = $2 where id = $1", [account, wallet.address]);
    return { ...wallet, isDefault: true };
  });
}
