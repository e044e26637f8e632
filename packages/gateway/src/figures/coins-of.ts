import type { Ledger } from "@cairn/core";
import type { Address, Money } from "@cairn/protocol";

/** A wallet is not asked for again before this: many readers, and a block takes longer. */
const FRESH_MILLISECONDS = 1000;
const MOST_WALLETS = 10_000;

/** Coins of wallets as the newest block has them, each asked for at most once a second, however many ask. */
export type CoinsOf = (wallets: readonly Address[]) => Promise<Money>;

export function openCoinsOf(ledger: Pick<Ledger, "gasBalance">, monotonic = () => performance.now()): CoinsOf {
  const known = new Map<Address, { at: number; coins: Promise<Money> }>();
  const coinsOf = (wallet: Address) => {
    const last = known.get(wallet);
    if (last !== undefined && monotonic() - last.at < FRESH_MILLISECONDS) return last.coins;
    const coins = ledger.gasBalance(wallet);
    coins.catch(() => known.delete(wallet));
    known.delete(wallet);
    known.set(wallet, { at: monotonic(), coins });
    if (known.size > MOST_WALLETS) known.delete(known.keys().next().value!);
    return coins;
  };
  return async (wallets) => (await Promise.all(wallets.map(coinsOf))).reduce((sum, coins) => sum + coins, 0n);
}
