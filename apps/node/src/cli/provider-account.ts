import { join, resolve } from "node:path";
import { shellWord } from "@cairn/core/shell-word";
import { retireProvider, withdrawEarnings } from "@cairn/provider";
import { homeAt } from "../home/home.ts";
import { chainUrlOf } from "../up/environment.ts";
import { formatCoins } from "./format.ts";
import { createOutput } from "./output.ts";
import type { CommonOptions } from "./session.ts";

export interface ProviderAccountOptions extends CommonOptions {
  directory?: string;
  chain?: string;
}

function keyOf(options: ProviderAccountOptions) {
  const chainUrl = chainUrlOf(options.chain);
  return {
    directory: resolve(options.directory ?? join(homeAt(options.home).directory, "provider")),
    ...(process.env.CAIRN_PASSPHRASE ? { passphrase: process.env.CAIRN_PASSPHRASE } : {}),
    ...(chainUrl === undefined ? {} : { chainUrl }),
  };
}

/** Have the chain give a provider no new deals; it keeps those that it has until they end. */
export async function retire(options: ProviderAccountOptions): Promise<void> {
  const output = createOutput(options);
  const key = keyOf(options);
  const transaction = await retireProvider(key);
  output.result({ retired: true, transaction: transaction ?? null });
  output.say(
    transaction === undefined
      ? "The provider was retired already."
      : `Retired in transaction ${transaction}: it takes no new deals.`,
    `Let it run until its deals have ended: they are paid for as agreed. \`cairn provider --directory ${shellWord(key.directory)} --reactivate\` takes it back.`,
  );
}

/** Take a provider's credited pay out of the contract to its own address. */
export async function withdraw(amount: bigint | undefined, options: ProviderAccountOptions): Promise<void> {
  const output = createOutput(options);
  const taken = await withdrawEarnings({ ...keyOf(options), ...(amount === undefined ? {} : { amount }) });
  output.result({ amount: taken.amount.toString(), transaction: taken.transaction, payout: taken.payout });
  output.say(`Withdrew ${formatCoins(taken.amount)} in transaction ${taken.transaction}.`);
  if (taken.payout !== taken.provider) output.say(`What is earned now is credited to ${taken.payout}.`);
}
