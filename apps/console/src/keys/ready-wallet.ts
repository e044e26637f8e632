import type { AccountJson, NetworkJson } from "@cairn/client";
import type { OwnerRecords } from "@cairn/owner/browser/owner-records";
import type { Gateway, Owner } from "@cairn/owner/ports";
import { machineClock } from "@cairn/process/machine-clock";
import { CairnError } from "@cairn/protocol/errors";
import { sessionSecret } from "../api/client.ts";

type WalletGateway = Pick<Gateway, "network" | "account" | "wallets" | "claimAccount" | "addWallet" | "faucet">;

/** The gateway's network, held against what this browser saw of it first. @throws CairnError `network-changed` */
export async function pinnedNetwork(
  gateway: Pick<Gateway, "network">,
  { pins }: Pick<OwnerRecords, "pins">,
): Promise<NetworkJson> {
  const { pinNetwork } = await import("@cairn/owner/pin-network");
  const network = await gateway.network();
  await pinNetwork(pins, network);
  return network;
}

/**
 * Have this browser's wallet be one of the account's, by a claim that it signs: the first, or another beside those that it has. A network with a faucet
 * funds the first where nothing is deposited.
 * @returns what the wallet has
 */
export async function readyWallet(
  gateway: WalletGateway,
  owner: Pick<Owner, "signer">,
  records: Pick<OwnerRecords, "pins">,
): Promise<AccountJson> {
  const { address } = owner.signer;
  const network = await pinnedNetwork(gateway, records);
  const wallets = await gateway.wallets();
  if (!wallets.some((wallet) => wallet.address.toLowerCase() === address)) {
    const { signClaim } = await import("@cairn/owner/sign-claim");
    const claim = await signClaim(owner.signer, { network, token: sessionSecret(), now: machineClock.now() });
    if (wallets.length === 0) await gateway.claimAccount(claim);
    else await gateway.addWallet({ name: `browser ${address.slice(0, 8)}`, kind: "client", claim });
  }
  const has = await gateway.account(address);
  const first = wallets.find(({ isDefault }) => isDefault)?.address.toLowerCase() ?? address;
  if (!network.faucet || BigInt(has.balance) > 0n || first !== address) return has;
  try {
    return await gateway.faucet();
  } catch (error) {
    if (error instanceof CairnError && error.code === "faucet-used") return has;
    throw error;
  }
}
