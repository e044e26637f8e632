import type { NetworkJson } from "@cairn/client";
import type { Address, Deployment } from "@cairn/core";

/** The contracts' constants as the engine's types have them. */
export function deploymentOf(network: NetworkJson): Deployment {
  const { deals, registry, ledger, ...rest } = network.deployment;
  return { ...rest, deals: deals as Address, registry: registry as Address, ledger: ledger as Address };
}
