import { walkFolder } from "@cairn/archive";
import type { SettingsJson, WalletJson } from "@cairn/client";
import { bytesOfShards } from "@cairn/owner/bytes-of-shards";
import { chooseWallet, type PayingWallet } from "@cairn/owner/choose-wallet";
import { gatewaySigner } from "@cairn/owner/gateway-signer";
import type { OwnWallets } from "@cairn/owner/ports";
import { type Address, addressOfText, CairnError } from "@cairn/protocol";
import type { Owner } from "../account/owner.ts";
import type { Source } from "./put-source.ts";
import type { Session } from "./session.ts";

const GIB = 1n << 30n;
/** Percent: for providers dearer than the one in the middle, and for repairs. */
const ESTIMATE_MARGIN = 150n;

interface WantedPayer {
  /** What a person typed: an address, or a name that the gateway has for one. */
  named: string | undefined;
  settings: SettingsJson;
  /** Wei, as far as it is known before there is a quote. */
  need: () => Promise<bigint>;
  /** What this home itself knows of its owner's wallets. */
  wallets: Pick<OwnWallets, "owns">;
}

/**
 * The owner that a put is signed by: of the wallet that is named, or else of the first in the account's order of payment that has enough; of this home's
 * key where there is neither. Names, and the order of payment, are the gateway's word: they choose among wallets that this home knows for its owner's.
 * An address that a person typed is that person's word.
 * @throws CairnError `unknown-wallet`, `insufficient-funds`
 */
export async function payingOwner<O extends Owner>(
  { client, output }: Pick<Session, "client" | "output">,
  account: O,
  { named, settings, need, wallets: own }: WantedPayer,
): Promise<O> {
  const order = named === undefined ? (settings.wallets ?? []) : [named];
  if (order.length === 0) return account;
  const wallets = await client.wallets();
  const found = order.map((one) => walletNamed(wallets, one));
  const owns = async (address: string) =>
    address === account.wallet.address ||
    (named !== undefined && addressIn(named) !== undefined) ||
    (await own.owns(address as Address));
  if (named !== undefined && found[0] !== undefined && !(await owns(found[0].address))) throw unknownHere(named);
  const candidates = await Promise.all(found.map((one) => payingWallet(client, account, one, owns)));
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
  const address = addressIn(named);
  // A name that looks like an address must not take its place.
  const found = wallets.find((one) => (address === undefined ? one.name === named : one.address === address));
  if (found !== undefined) return found;
  throw new CairnError(`the account has no wallet ${named}`, {
    code: "unknown-wallet",
    kind: "missing",
    next: "`cairn wallet list` shows them.",
  });
}

/** The address that a text is, as `0x…` or as Filecoin writes it; undefined where it is a name. */
export const addressIn = (named: string): Address | undefined =>
  /^(0x|[ft](410f|0))/.test(named) ? addressOfText(named) : undefined;

function unknownHere(named: string): CairnError {
  return new CairnError(
    `this home does not know which wallet of yours ${named} is, and the gateway's word does not count`,
    {
      code: "unknown-wallet",
      kind: "missing",
      details: { wallet: named },
      next: "Give its full address with --wallet once, as the home that added it has it: this home remembers the address then.",
    },
  );
}

async function payingWallet(
  client: Session["client"],
  account: Owner,
  { address, name, kind, unlockedUntil }: WalletJson,
  owns: (address: string) => Promise<boolean>,
): Promise<PayingWallet> {
  const about = { address: address as Address, name };
  if (!(await owns(address)))
    return { ...about, deposit: 0n, cannotSign: "this home does not know it for yours (`cairn wallet trust ADDRESS`)" };

  const { balance } = await client.account(address);
  const cannotSign =
    address === account.wallet.address || kind === "custodial" || (kind === "vault" && unlockedUntil !== null)
      ? undefined
      : kind === "vault"
        ? "its vault is locked"
        : "its key is not in this home";
  return { ...about, deposit: BigInt(balance), cannotSign };
}
