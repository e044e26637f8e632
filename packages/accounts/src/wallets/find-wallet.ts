import type { Queryable } from "@cairn/catalog";
import { CairnError } from "@cairn/protocol";
import { WALLET_COLUMNS, type Wallet, type WalletRow, walletOf } from "./wallet.ts";

/** A wallet of the account, by address or name; without either the default one. @throws CairnError `unknown-wallet`, `no-wallet` */
export async function findWallet(db: Queryable, account: string, named?: string): Promise<Wallet> {
  const { rows } = await db.query(
    `select ${WALLET_COLUMNS} from accounts.wallets w
     where w.account = $1 and case when $2::text is null then w.is_default else w.address = lower($2) or w.name = $2 end
     order by w.address = lower($2) desc limit 1`,
    [account, named ?? null],
  );
  if (rows[0] !== undefined) return walletOf(rows[0] as WalletRow);
  if (named === undefined) {
    throw new CairnError("the account has no wallet yet", {
      code: "no-wallet",
      kind: "conflict",
      next: "Add one: PUT /api/v1/account with a claim that its key signed, or `cairn wallet add`.",
    });
  }
  throw new CairnError("the account has no such wallet", {
    code: "unknown-wallet",
    kind: "missing",
    next: "`cairn wallet list` shows them.",
  });
}
