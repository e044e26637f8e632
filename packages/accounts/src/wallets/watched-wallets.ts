import type { Queryable, WatchedWallet } from "@cairn/catalog";
import type { Address } from "@cairn/protocol";

/** Confirmations that an account waits for unless its settings say otherwise. */
export const DEFAULT_CONFIRMATIONS = 5;

const WATCHED = `select w.address, w.account, coalesce((a.settings->>'confirmations')::int, $1) as confirmations
  from accounts.wallets w join catalog.accounts a on a.id = w.account`;

/** Every wallet of every account, and how many confirmations its account waits for. */
export async function watchedWallets(db: Queryable): Promise<WatchedWallet[]> {
  return (await db.query(WATCHED, [DEFAULT_CONFIRMATIONS])).rows as WatchedWallet[];
}

export async function watchedWallet(db: Queryable, address: Address): Promise<WatchedWallet | undefined> {
  const { rows } = await db.query(`${WATCHED} where w.address = $2`, [DEFAULT_CONFIRMATIONS, address]);
  return rows[0] as WatchedWallet | undefined;
}
