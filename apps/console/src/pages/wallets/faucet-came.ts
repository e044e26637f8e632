import type { AccountJson } from "@cairn/client";
import { coins } from "../../format/coins.ts";
import { wallets } from "../../words/wallets.ts";

type Has = Pick<AccountJson, "coins" | "balance">;

/** What a faucet gave, by what a wallet has more than before; `isNothing` where it has not. */
export function faucetCame(before: Has, after: Has): { text: string; isNothing: boolean } {
  const words = wallets.faucet.came;
  const own = BigInt(after.coins) - BigInt(before.coins);
  const deposit = BigInt(after.balance) - BigInt(before.balance);
  if (own > 0n && deposit > 0n) return { text: words.both(coins(own), coins(deposit)), isNothing: false };
  if (own > 0n) return { text: words.coins(coins(own)), isNothing: false };
  if (deposit > 0n) return { text: words.deposit(coins(deposit)), isNothing: false };
  return { text: BigInt(before.coins) > 0n ? words.nothing : words.exhausted, isNothing: true };
}
