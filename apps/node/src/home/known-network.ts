import type { Deployment } from "@cairn/core";
import type { KnownNetwork } from "@cairn/owner/account-file";
import { type Home, readChecked, readIfWhole } from "./home.ts";

const isAddress = (value: unknown): boolean => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);

function isNetwork(value: unknown): value is KnownNetwork {
  const { chainId, deals } = (value ?? {}) as Partial<KnownNetwork>;
  return Number.isSafeInteger(chainId) && isAddress(deals);
}

function isDeployment(value: unknown): value is Deployment {
  if (!isNetwork(value)) return false;
  const { registry, ledger, periodSeconds, genesisTime } = value as Partial<Deployment>;
  return [registry, ledger].every(isAddress) && [periodSeconds, genesisTime].every(Number.isSafeInteger);
}

/**
 * The contracts that this home works with: those that it deployed, else those of the network that it joined. A damaged `deployment.json` counts
 * as none, as the contracts are found again by their addresses; without a whole `joined.json` nobody knows which they were.
 */
export async function knownNetwork(home: Home): Promise<Deployment | KnownNetwork | undefined> {
  return (await readIfWhole(home.deploymentFile, isDeployment)) ?? (await readChecked(home.joinedFile, isNetwork));
}
