/** In the order of deployment; helpers and libraries are compiled into these. */
export const CONTRACTS = ["ProviderRegistry", "ProofLedger", "StorageDeals"] as const;
export type ContractName = (typeof CONTRACTS)[number];
