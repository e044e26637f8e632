export type { Call } from "@cairn/protocol/sign-transaction";
export { askFaucet, FAUCET_GIFT } from "./ask-faucet.ts";
export {
  beginDeployment,
  contractAddresses,
  type Deployed,
  type DeploymentProfile,
  type DeployOptions,
  type DeployStep,
  deployContracts,
  deployerKey,
  deploymentCost,
} from "./deploy-contracts.ts";
export { type Explorer, openExplorer, type SeenBlock, type SeenCall } from "./explorer.ts";
export { fileOutgoingStore } from "./file-outgoing-store.ts";
export { forgetOutgoing } from "./forget-outgoing.ts";
export { type Finality, type Heads, openHeads } from "./heads.ts";
export { openCoinChain } from "./open-coin-chain.ts";
export { type EvmLedger, type OpenLedgerOptions, openLedger } from "./open-ledger.ts";
export type { SenderTurn } from "./outgoing-follower.ts";
export type { Outcome, OutgoingAccount, OutgoingStore, OutgoingTransaction } from "./outgoing-store.ts";
export { PASSING_TOPICS } from "./passing-events.ts";
export { OUTGOING_MIGRATIONS, postgresOutgoingStore } from "./postgres-outgoing-store.ts";
export { readDeployment } from "./read-contracts.ts";
export { readRaw } from "./read-raw.ts";
export { openWalletChain, type SignedTransaction, type WalletChain } from "./relay-transaction.ts";
export { openRpc, type Rpc, RpcError, type RpcOptions } from "./rpc.ts";
export {
  type IndexBatch,
  type IndexerOptions,
  type IndexTarget,
  runIndexer,
  type WatchableLedger,
} from "./run-indexer.ts";
export { submissionId } from "./submission-id.ts";
export { createSender, type SenderOptions, type TransactionSender } from "./transaction-sender.ts";
