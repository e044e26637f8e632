import type { AccountJson } from "@cairn/client";
import { useQueries, useQuery } from "@tanstack/react-query";
import { client } from "../../api/client.ts";

const ask = (address: string) => ({ queryKey: ["account", address], queryFn: () => client.account(address) });

/** What a wallet has, as the chain says it now. */
export const useBalance = (address: string) => useQuery(ask(address));

/** The same of each, in their order; undefined until it is known. */
export const useBalances = (addresses: readonly string[]): (AccountJson | undefined)[] =>
  useQueries({ queries: addresses.map(ask), combine: (found) => found.map(({ data }) => data) });

export const together = ({ balance, coins }: Pick<AccountJson, "balance" | "coins">): bigint =>
  BigInt(balance) + BigInt(coins);
