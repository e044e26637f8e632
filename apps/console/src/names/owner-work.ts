import type { OwnerPorts } from "@cairn/owner/ports";
import { machineClock } from "@cairn/process/machine-clock";
import { client } from "../api/client.ts";
import { openOwner, useKeysState } from "../keys/keys.ts";
import { pinnedNetwork } from "../keys/ready-wallet.ts";
import { recordsOf } from "../keys/records.ts";

/** Whether this browser holds a key, locked or open. */
export const useHasKey = (): boolean => useKeysState().at === "held";

/** What operations of an owner work with in this page. @param why read by who is asked for the passphrase @throws CairnError `no-account`, `key-locked` */
export async function ownerPorts(why: string): Promise<OwnerPorts> {
  const [owner, { ownWallets }] = await Promise.all([openOwner(why), import("@cairn/owner/own-wallets")]);
  const records = recordsOf(owner);
  return {
    gateway: client,
    owner: { ...owner, wallets: ownWallets({ gateway: client, openKey: owner.openKey }) },
    known: records.known,
    clock: machineClock,
    network: () => pinnedNetwork(client, records),
    // A page reaches its gateway alone, by its own policy.
    readChain: async () => undefined,
  };
}
