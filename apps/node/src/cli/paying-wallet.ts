import { walkFolder } from "@cairn/archive";
import type { SettingsJson, WalletJson } from "@cairn/client";
import { bytesOfShards } from "@cairn/owner/bytes-of-shards";
import { chooseWallet, type PayingWallet } from "@cairn/owner/choose-wallet";
import { gatewaySigner } from "@cairn/owner/gateway-signer";
import { type Address, addressOfText, CairnError } from "@cairn/protocol";
import type { Owner } from "../account/owner.ts";
import type { Source } from "./put-source.ts";
import type { Session } from "./session.ts";

const GIB = 1n << 30n;
/** Percent: for providers dearer than the one in the middle, and for repairs. */
const ESTIMATE_MARGIN = 150n;

/**
 * The owner that a put is signed by: of the wallet that is named, or else of the first in the account's order of payment that has enough; of this home's
 * key where there is neither.
 * @param need wei, as far as it is known before there is a quote
 * @throws CairnError `unknown-wallet`, `insufficient-funds`
 */
export async function payingOwner<O extends Owner>(
  { client, output }: Pick<Session, "client" | "output">,
  account: O,
  { named, settings, need }: { named: string | undefined; settings: SettingsJson; need: () => Promise<bigint> },
): Promise<O> {
  const order = named === undefined ? (settings.wallets ?? []) : [named];
  if (order.length === 0) return account;
  const wallets = await client.wallets();
  const found = order.map((one) => walletNamed(wallets, one));
  const candidates = await Promise.all(found.map((one) => payingWallet(client, account, one)));
  // What is named is taken, unless it cannot sign: the quote says whether it has enough.
  const { wallet, passedOver } = chooseWallet(candidates, named === undefined ? await need() : 0n);
  for (const why of passedOver) output.say(`Not paid from ${why}.`);
  output.say(`Paid from the wallet ${wallet.name} (${wallet.address}).`);
  const { address } = wallet;
  return address === account.wallet.address ? account : { ...account, signer: gatewaySigner(client, address) };
}

/** What a put may come to, by the providers' registered prices: the quote is more exact, and comes when the wallet is chosen. */
export async function estimateCost(
  { client }: Pick<Session, "client">,
  { path, exclude }: Pick<Source, "path" | "exclude">,
  { k, n, days, signal }: { k: number; n: number; days: number; signal: AbortSignal },
): Promise<bigint> {
  const [{ entries }, providers] = await Promise.all([walkFolder(path, { exclude, signal }), client.providers()]);
  const files = entries.filter((entry) => entry.kind === "file");
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const prices = providers.map((one) => BigInt(one.price)).sort((a, b) => (a < b ? -1 : 1));
  const price = prices[Math.floor(prices.length / 2)] ?? 0n;
  const onProviders = BigInt(bytesOfShards(files.length, bytes, { k, n }));
  return (onProviders * price * BigInt(Math.ceil(days)) * ESTIMATE_MARGIN) / (GIB * 100n);
}

/** @throws CairnError `unknown-wallet` */
export function walletNamed(wallets: readonly WalletJson[], named: string): WalletJson {
  const address = /^(0x|[ft](410f|0))/.test(named) ? addressOfText(named) : undefined;
  const found = wallets.find((one) => one.address === address || one.name === named);
  if (found !== undefined) return found;
  throw new CairnError(`the account has no wallet ${named}`, {
    code: "unknown-wallet",
    kind: "missing",
    next: "`cairn wallet list` shows them.",
  });
}

async function payingWallet(
  client: Session["client"],
  account: Owner,
  { address, name, kind, unlockedUntil }: WalletJson,
): Promise<PayingWallet> {
  const { balance } = await client.account(address);
  const cannotSign =
    address === account.wallet.address || kind === "custodial" || (kind === "vault" && unlockedUntil !== null)
      ? undefined
      : kind === "vault"
        ? "its vault is locked"
        : "its key is not in this home";
  return { address: address as Address, name, deposit: BigInt(balance), cannotSign };
}
