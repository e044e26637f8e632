import type { PreviewJson, WalletJson } from "@cairn/client";
import { isPhraseWallet } from "@cairn/core/wallet-names";
import { useQueries, useQuery } from "@tanstack/react-query";
import { client } from "../../../api/client.ts";
import { shortId } from "../../../format/short-id.ts";
import { Button, Choice, Coins } from "../../../kit/index.ts";
import { storing } from "../../../words/settings.ts";
import { type Draft, readCoins } from "./draft.ts";
import { Setting } from "./setting.tsx";

const words = storing.wallets;

const useWallets = () => useQuery({ queryKey: ["wallets"], queryFn: () => client.wallets() });

/** What each has, in their order; undefined until it is known. */
const useBalances = (addresses: readonly string[]) =>
  useQueries({
    queries: addresses.map((address) => ({
      queryKey: ["account", address],
      queryFn: () => client.account(address),
    })),
    combine: (found) => found.map(({ data }) => data),
  });

/** An order of payment. */
export function PayingWallets({
  draft: { wallets: order },
  change,
  preview,
  fault,
}: {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  preview: PreviewJson | undefined;
  fault: string | undefined;
}) {
  const { data: wallets = [], isSuccess } = useWallets();
  const balances = useBalances(order);
  const named = (address: string) => wallets.find((one) => one.address === address)?.name ?? shortId(address);
  const rest = wallets.filter(({ address }) => !order.includes(address));
  const move = (from: number, to: number) => {
    const next = [...order];
    next.splice(to, 0, ...next.splice(from, 1));
    change({ wallets: next });
  };
  const expected = preview?.price.expected ?? null;
  const known = balances.every((one) => one !== undefined);
  const payer =
    expected === null ? -1 : balances.findIndex((one) => one !== undefined && BigInt(one.balance) >= BigInt(expected));
  const effect =
    order.length === 0
      ? isSuccess && wallets.length === 0
        ? words.noWallet
        : words.unset
      : expected === null || !known
        ? undefined
        : payer < 0
          ? words.nobodyPays
          : words.pays(named(order[payer]!));
  return (
    <Setting title={words.title} what={words.what} effect={effect} fault={fault}>
      {order.length === 0 ? null : (
        <ol className="order">
          {order.map((address, at) => (
            <li key={address}>
              <span title={address}>
                {named(address)}{" "}
                <small className="soft">
                  {balances[at] === undefined ? "…" : <Coins of={balances[at].balance} />} {words.deposited}
                </small>
              </span>
              <span className="row right">
                <Button aria-label={words.up(named(address))} disabled={at === 0} onClick={() => move(at, at - 1)}>
                  ↑
                </Button>
                <Button
                  aria-label={words.down(named(address))}
                  disabled={at === order.length - 1}
                  onClick={() => move(at, at + 1)}
                >
                  ↓
                </Button>
                <Button
                  aria-label={words.remove(named(address))}
                  onClick={() => change({ wallets: order.filter((one) => one !== address) })}
                >
                  ×
                </Button>
              </span>
            </li>
          ))}
        </ol>
      )}
      {rest.length === 0 ? null : (
        <Choice
          label={words.add}
          value=""
          choices={[["", words.choose], ...rest.map(({ address, name }) => [address, name] as const)]}
          onChange={(address) => (address === "" ? undefined : change({ wallets: [...order, address] }))}
        />
      )}
    </Setting>
  );
}

/** Who would be told of now. */
export function BalanceEffect({ threshold, frequency }: { threshold: string; frequency: string }) {
  const { data: wallets = [] } = useWallets();
  const balances = useBalances(wallets.map(({ address }: WalletJson) => address));
  const least = readCoins(threshold);
  if (wallets.length === 0) return words.noWallet;
  if (least === undefined || balances.some((one) => one === undefined)) return "…";
  const low = wallets.filter(({ name }, at) => {
    if (isPhraseWallet(name)) return false;
    const { balance, coins } = balances[at]!;
    return BigInt(balance) + BigInt(coins) < least;
  });
  const { isEnough, isLow, and } = storing.balance;
  return low.length === 0 ? isEnough : isLow(and(low.map(({ name }) => name)), frequency);
}
