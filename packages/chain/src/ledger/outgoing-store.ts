import type { Address, Hex } from "@cairn/protocol";

/** Whose transactions: nonces count per sender and chain. */
export interface OutgoingAccount {
  chainId: number;
  sender: Address;
}

/** How a transaction ended, in a finalized block. */
export interface Outcome {
  transaction: Hex;
  block: number;
  ok: boolean;
  /** What the contract refused with, readable, when not ok. */
  revert?: string;
  /** Address of the contract that it made. */
  created?: Address;
}

/** A signed transaction that may have been sent. */
export interface OutgoingTransaction extends OutgoingAccount {
  /** The caller's submission id. */
  id: string;
  nonce: number;
  raw: Hex;
  hash: Hex;
  /** Hashes of what was signed before under the same nonce, at a lower fee: any of them may be the one that is mined. */
  earlier: Hex[];
  /** Height of the chain when it was first signed. */
  signedAtBlock: number;
  outcome?: Outcome;
}

/**
 * Where signed transactions are kept. Every method that changes something resolves only when that is durable, as the sender sends what it
 * saved and a crash must not lose it.
 */
export interface OutgoingStore {
  find(account: OutgoingAccount, id: string): Promise<OutgoingTransaction | undefined>;
  /** Those without an outcome, by nonce. */
  pending(account: OutgoingAccount): Promise<OutgoingTransaction[]>;
  /** Keep a new one, unless its id or its nonce is in use. */
  insert(transaction: OutgoingTransaction): Promise<"stored" | "id-taken" | "nonce-taken">;
  /**
   * Replace raw, hash, earlier, nonce and signedAtBlock of a pending one that has the nonce `was`.
   * @returns false where it has another one by now, or is pending no more: nothing is changed then
   */
  update(transaction: OutgoingTransaction, was: number): Promise<boolean>;
  finish(account: OutgoingAccount, id: string, outcome: Outcome): Promise<void>;
  /** Forget one that no node has accepted. */
  remove(account: OutgoingAccount, id: string): Promise<void>;
}
