import { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "../generated/abi.ts";

export { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "../generated/abi.ts";
export { bytecodes } from "./bytecodes.ts";
export { CONTRACTS, type ContractName } from "./contract-names.ts";
export { type DeploymentSettings, type DeploymentTransaction, deploymentTransactions } from "./deploy.ts";

/** Every event of the three contracts, to decode any of their logs. */
export const eventsAbi = [...providerRegistryAbi, ...proofLedgerAbi, ...storageDealsAbi].filter(
  (item) => item.type === "event",
);

/** Every custom error of the three contracts: one may revert with another's. */
export const errorsAbi = [...providerRegistryAbi, ...proofLedgerAbi, ...storageDealsAbi].filter(
  (item) => item.type === "error",
);
