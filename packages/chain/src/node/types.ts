import type { Address, Seconds } from "@cairn/protocol";

/** What every node of one chain must agree on; kept with the genesis block and never changed. */
export interface ChainRules {
  chainId: number;
  genesisTime: Seconds;
  blockSeconds: number;
  /** Gas limit of every block. */
  blockGas: bigint;
  /** Wei per gas, the same in every block, above zero. */
  baseFee: bigint;
  /** Whether block rewards are issued (docs: emission). */
  emission: boolean;
  validators: readonly Address[];
  /** Genesis balances in wei. */
  alloc: Readonly<Record<Address, bigint>>;
}

/** One validator's signature over a block, kept beside the block and never in it. */
export interface Seal {
  /** r ‖ s ‖ recovery, 65 bytes. */
  signature: Uint8Array;
  /** r ‖ s ‖ recovery over the parent's randomness, 65 bytes; keccak256 of it is the block's mixHash. */
  reveal: Uint8Array;
}

/** A block as it travels between nodes. */
export interface SealedBlock {
  /** RLP of an ordinary Ethereum block, body included. */
  raw: Uint8Array;
  seal: Seal;
}

export interface StoredBlock extends SealedBlock {
  number: number;
  hash: Uint8Array;
}

export interface LogRecord {
  address: Uint8Array;
  topics: Uint8Array[];
  data: Uint8Array;
}

/** One executed transaction: the row projection of its receipt. */
export interface TransactionRecord {
  hash: Uint8Array;
  index: number;
  sender: Uint8Array;
  recipient: Uint8Array | undefined;
  value: bigint;
  status: 0 | 1;
  gasUsed: bigint;
  cumulativeGas: bigint;
  effectiveGasPrice: bigint;
  created: Uint8Array | undefined;
  type: number;
  raw: Uint8Array;
}

export interface PlacedTransaction extends TransactionRecord {
  block: number;
  blockHash: Uint8Array;
}

export interface PlacedLog extends LogRecord {
  block: number;
  blockHash: Uint8Array;
  index: number;
  transaction: Uint8Array;
  transactionIndex: number;
}

export interface AccountRecord {
  address: Uint8Array;
  nonce: bigint;
  balance: bigint;
  codeHash: Uint8Array;
}

export interface LogFilter {
  fromBlock: number;
  toBlock: number;
  addresses: Uint8Array[];
  /** By position; undefined matches anything, a list any of its members. */
  topics: (Uint8Array[] | undefined)[];
}
