import type { CairnClient } from "@cairn/client/client";
import type { Address, Money } from "@cairn/protocol";
import { asCairnError } from "@cairn/protocol/errors";
import type { Owner } from "../account/owner.ts";
import type { Home } from "../home/home.ts";
import { knownPackages } from "../owner/known-packages.ts";
import { recordedWallets } from "../owner/recorded-wallets.ts";
import { type CommonOptions, openSession, type Session } from "./session.ts";

interface UnusedPorts {
  home: Pick<Home, "account">;
  client: Pick<CairnClient, "wallets">;
  /** Wei that an address has on the chain, its deposit included. */
  fundsOf: (address: Address) => Promise<Money>;
}

/**
 * Whether an account of this home has stored and paid nothing: the home remembers no package, wallet or recovery phrase of it, and its wallet is none
 * of the gateway's account and has no coins.
 */
export async function isUnused({ home, client, fundsOf }: UnusedPorts, { wallet, secrets }: Owner): Promise<boolean> {
  if (secrets.phrase !== undefined) return false;
  if ((await knownPackages(home).ids()).length > 0 || (await recordedWallets(home)).length > 0) return false;
  if ((await client.wallets()).some(({ address }) => address.toLowerCase() === wallet.address)) return false;
  return (await fundsOf(wallet.address)) === 0n;
}

/** The same, asked of the home's gateway and chain. An account about which nobody answers counts as used. */
export async function isUnusedHere(options: CommonOptions, owner: Owner): Promise<boolean> {
  try {
    const session = await openSession(options);
    return await isUnused({ ...session, fundsOf: (address) => fundsOf(session, address) }, owner);
  } catch (error) {
    if (asCairnError(error).kind === "unavailable") return false;
    throw error;
  }
}

/** What a person is told of the account in whose place another came. @param path where its file is */
export const replacedWords = (path: string): string =>
  `The account that was here had stored and paid nothing. Its file is kept: ${path}`;

/** 0 where the home knows no chain. */
async function fundsOf(session: Session, address: Address): Promise<Money> {
  const { chainUrl } = session.gateway;
  if (chainUrl === undefined) return 0n;
  // Not pinned: what is brought may know of its network, and is held against it then.
  const { deployment } = await session.client.network();
  const { openLedger } = await import("@cairn/chain");
  const ledger = await openLedger({ url: chainUrl, deployment: { deals: deployment.deals as Address } });
  try {
    const [deposit, coins] = await Promise.all([
      ledger.balance(address),
      ledger.rpc.request<string>("eth_getBalance", [address, "latest"]),
    ]);
    return deposit + BigInt(coins);
  } finally {
    await ledger.stop();
  }
}
