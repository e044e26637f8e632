import { setTimeout as sleep } from "node:timers/promises";
import type { Rpc } from "@cairn/chain";
import { highest } from "@cairn/core";
import { coinFigure } from "@cairn/core/coins";
import type { Address, Hex } from "@cairn/protocol";

/** An address that pays for gas, and what it should have. */
export interface Need {
  name: string;
  address: Address;
  amount: bigint;
}

export interface Wallet extends Need {
  have: bigint;
}

/** An address is asked for again when it is down to this part of its need. */
const LOW = 2n;
const POLL_MILLISECONDS = 2_000;

export const isLow = ({ have, amount }: Wallet): boolean => have * LOW < amount;

export async function balancesOf(rpc: Rpc, needs: readonly Need[]): Promise<Wallet[]> {
  return await Promise.all(
    needs.map(async (need) => ({
      ...need,
      have: BigInt(await rpc.request<Hex>("eth_getBalance", [need.address, "latest"])),
    })),
  );
}

/** Two digits are enough for an estimate, rounded up. */
export function roundUp(amount: bigint): bigint {
  const unit = 10n ** BigInt(Math.max(0, amount.toString().length - 2));
  return ((amount + unit - 1n) / unit) * unit;
}

const coinsToSend = (wei: bigint): string => coinFigure(wei, { rounding: "up" });

/** What a person must send where, a line each. */
export function fundingTable(wallets: readonly Wallet[], chainId: number): string {
  const low = wallets.filter(isLow);
  const rows = low.map(({ name, address, amount, have }) => [name, address, coinsToSend(amount - have)]);
  const widths = [0, 1].map((column) => highest(rows.map((row) => (row[column] ?? "").length)));
  const total = low.reduce((sum, { amount, have }) => sum + amount - have, 0n);
  return [
    `These addresses need coins of chain ${chainId} for gas:`,
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd()),
    `Send to each, or all ${coinsToSend(total)} to the first, which passes the rest on.`,
  ].join("\n");
}

export interface FundingWatch {
  rpc: Rpc;
  chainId: number;
  needs: readonly Need[];
  /** Told once what is needed where, and then what is still waited for whenever that changes. */
  say: (line: string) => void;
  pollMilliseconds?: number;
}

/** Resolves with the balances once `enough` holds; until then it says what is missing. It waits for as long as it takes. */
export async function waitForCoins(watch: FundingWatch, enough: (wallets: Wallet[]) => boolean): Promise<Wallet[]> {
  let said = "";
  for (;;) {
    const wallets = await balancesOf(watch.rpc, watch.needs);
    if (enough(wallets)) return wallets;
    if (said === "") watch.say(fundingTable(wallets, watch.chainId));
    const missing = wallets
      .filter(isLow)
      .map(({ name, have, amount }) => `${name} has ${coinFigure(have)} of ${coinFigure(amount)}`);
    const line = `waiting for coins: ${missing.join(", ")}`;
    if (line !== said) watch.say(line);
    said = line;
    await sleep(watch.pollMilliseconds ?? POLL_MILLISECONDS);
  }
}
