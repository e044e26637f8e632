import type { NetworkJson } from "@cairn/client";
import type { Deployment } from "@cairn/core";
import type { Address } from "@cairn/protocol";

/** The contracts' constants as the engine's types have them. */
export function deploymentOf(network: NetworkJson): Deployment {
  const { deals, registry, ledger, ...rest } = network.deployment;
  return { ...rest, deals: deals as Address, registry: registry as Address, ledger: ledger as Address };
}
