import type { Address, Hex, Money, Seconds } from "@cairn/protocol";
import type { FinalizedHead, Head } from "./ledger.ts";

/**
 * What moves the coins of an address on the chain. `opening`: what it had when it began to be watched; `deposit` and `withdraw`: to and from the
 * contract; `reward`: of a block; `unexplained`: what its balance differs by from all that was seen, such as a payment by a contract.
 */
export const COIN_KINDS = ["opening", "in", "out", "fee", "deposit", "withdraw", "reward", "unexplained"] as const;
export type CoinKind = (typeof COIN_KINDS)[number];

/** One movement; `amount` is signed wei. */
export interface CoinMovement {
  wallet: Address;
  block: number;
  time: Seconds;
  kind: CoinKind;
  amount: Money;
  counterparty: Address | null;
  transaction: Hex | null;
}

/** A transaction that pays to a watched address, or comes from one. */
export interface SeenTransfer {
  transaction: Hex;
  from: Address;
  /** Null where it makes a contract. */
  to: Address | null;
  nonce: number;
  amount: Money;
  /** False where the chain refused it: its fee is gone, the amount is not. */
  ok: boolean;
}

export interface CoinBlock {
  number: number;
  hash: Hex;
  parentHash: Hex;
  time: Seconds;
  /** In the order in which they happened. */
  movements: CoinMovement[];
  transfers: SeenTransfer[];
}

/** The coins of any EVM chain: native transfers stand in blocks and receipts, not in logs. Addresses are in lower case. */
export interface CoinChain {
  latest(): Promise<Head>;
  finalized(): Promise<FinalizedHead>;
  /** The blocks of [from, to] that there are: null rounds are left out, and so is what the chain has pruned. */
  blocks(from: number, to: number, watched: ReadonlySet<Address>): Promise<CoinBlock[]>;
  /** Hash of the block at a height; undefined where there is none. */
  hashAt(number: number): Promise<Hex | undefined>;
  /** What waits for a block, as far as the node shows it. */
  pending(watched: ReadonlySet<Address>): Promise<SeenTransfer[]>;
  /** Whether a transaction can still be mined, by its sender's nonce. */
  nonce(address: Address): Promise<number>;
  /** Balance after a block; undefined where its state is kept no more. */
  balanceAt(address: Address, block: number): Promise<Money | undefined>;
}
