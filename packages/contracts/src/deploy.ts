import { type Address, encodeDeployData, getContractAddress, type Hex } from "viem";
import { proofLedgerAbi, providerRegistryAbi, storageDealsAbi } from "../generated/abi.ts";
import { bytecodes } from "./bytecodes.ts";
import type { ContractName } from "./contract-names.ts";

/** The constants that a deployment fixes for ever. */
export interface DeploymentSettings {
  /** UNIX seconds, not later than the block of the deployment; period 0 begins then. */
  genesisTime: number;
  /** Divides 3600. */
  periodSeconds: number;
  graceSeconds: number;
  disputePeriods: number;
  voteWindowPeriods: number;
  proposalSeconds: number;
}

export interface DeploymentTransaction {
  contract: ContractName;
  /** Address that the contract will have. */
  address: Address;
  nonce: number;
  /** Creation code and constructor arguments: the data of a transaction without `to`. */
  data: Hex;
}

/**
 * The three transactions that deploy the contracts, in order, from one account whose next nonce is `nonce`, with no other transaction
 * between them. Registry and ledger name the address that StorageDeals will have; StorageDeals, deployed last, reverts with
 * `WrongDeployment` when they named another.
 */
export function deploymentTransactions(
  deployer: Address,
  nonce: number,
  settings: DeploymentSettings,
): DeploymentTransaction[] {
  const addressAt = (offset: number) => getContractAddress({ from: deployer, nonce: BigInt(nonce + offset) });
  const [registry, ledger, deals] = [addressAt(0), addressAt(1), addressAt(2)];
  return [
    {
      contract: "ProviderRegistry",
      address: registry,
      nonce,
      data: encodeDeployData({ abi: providerRegistryAbi, bytecode: bytecodes.ProviderRegistry, args: [deals] }),
    },
    {
      contract: "ProofLedger",
      address: ledger,
      nonce: nonce + 1,
      data: encodeDeployData({
        abi: proofLedgerAbi,
        bytecode: bytecodes.ProofLedger,
        args: [
          deals,
          settings.genesisTime,
          settings.periodSeconds,
          settings.graceSeconds,
          settings.disputePeriods,
          settings.voteWindowPeriods,
        ],
      }),
    },
    {
      contract: "StorageDeals",
      address: deals,
      nonce: nonce + 2,
      data: encodeDeployData({
        abi: storageDealsAbi,
        bytecode: bytecodes.StorageDeals,
        args: [registry, ledger, settings.proposalSeconds],
      }),
    },
  ];
}
