import type { NetworkJson } from "@cairn/client";
import type { Owner, OwnerPorts } from "@cairn/owner/ports";
import { machineClock } from "@cairn/process/machine-clock";
import { knownPackages } from "../owner/known-packages.ts";
import { chainReader } from "../owner/read-chain.ts";
import { pinnedNetwork, type Session } from "./session.ts";

/** What the owner's operations work with in this home. The network is asked for when it is first needed, and then no more. */
export function ownerPorts<O extends Pick<Owner, "lookupKey">>(
  session: Pick<Session, "client" | "home" | "gateway">,
  owner: O,
): Omit<OwnerPorts, "owner"> & { owner: O } {
  let network: Promise<NetworkJson> | undefined;
  return {
    gateway: session.client,
    owner,
    network() {
      network ??= pinnedNetwork(session);
      return network;
    },
    readChain: chainReader(session.gateway.chainUrl),
    known: knownPackages(session.home),
    clock: machineClock,
  };
}
