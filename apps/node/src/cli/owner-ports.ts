import type { NetworkJson } from "@cairn/client";
import { ownWallets } from "@cairn/owner/own-wallets";
import type { OwnerPorts, OwnWallets } from "@cairn/owner/ports";
import { machineClock } from "@cairn/process/machine-clock";
import type { Owner } from "../account/owner.ts";
import { knownPackages } from "../owner/known-packages.ts";
import { chainReader } from "../owner/read-chain.ts";
import { recordedWallets } from "../owner/recorded-wallets.ts";
import { pinnedNetwork, type Session } from "./session.ts";

/** What the owner's operations work with in this home. The network is asked for when it is first needed, and then no more. */
export function ownerPorts<O extends Owner>(
  session: Pick<Session, "client" | "home" | "gateway">,
  owner: O,
): Omit<OwnerPorts, "owner"> & { owner: O & { wallets: OwnWallets } } {
  let network: Promise<NetworkJson> | undefined;
  const { wallet, secrets, openKey } = owner;
  const wallets = ownWallets({
    gateway: session.client,
    openKey,
    keys: [wallet.key, ...(secrets.phrase === undefined ? [] : [secrets.phrase.wallet])],
    recorded: () => recordedWallets(session.home),
    advice: (address) =>
      `If ${address} is a wallet of yours that this home has not met, say so with \`cairn wallet trust ${address}\`.`,
  });
  return {
    gateway: session.client,
    owner: { ...owner, wallets },
    network() {
      network ??= pinnedNetwork(session);
      return network;
    },
    readChain: chainReader(session.gateway.chainUrl),
    known: knownPackages(session.home),
    clock: machineClock,
  };
}
