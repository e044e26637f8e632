import type { Hex } from "viem";
import { proofLedgerBytecode, providerRegistryBytecode, storageDealsBytecode } from "../generated/bytecode.ts";
import type { ContractName } from "./contract-names.ts";

/** Creation code, without constructor arguments. */
export const bytecodes: Record<ContractName, Hex> = {
  ProviderRegistry: providerRegistryBytecode,
  ProofLedger: proofLedgerBytecode,
  StorageDeals: storageDealsBytecode,
};
