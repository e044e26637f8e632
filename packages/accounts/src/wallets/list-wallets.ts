import type { Queryable } from "@cairn/catalog";
import { WALLET_COLUMNS, type Wallet, type WalletRow, walletOf } from "./wallet.ts";

/** An account's wallets, its default first. */
export async function listWallets(db: Queryable, account: string): Promise<Wallet[]> {
  const { rows } = await db.query(
    `select ${WALLET_COLUMNS} from accounts.wallets w where w.account = $1 order by w.is_default desc, w.created_at, w.address`,
    [account],
  );
  return (rows as WalletRow[]).map(walletOf);
}
