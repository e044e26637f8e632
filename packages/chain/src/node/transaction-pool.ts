import type { Address, Hex } from "@cairn/protocol";
import type { Common } from "@ethereumjs/common";
import { Capability, createTxFromRLP, type TypedTransaction } from "@ethereumjs/tx";
import { bytesToHex } from "@ethereumjs/util";
import { feesOf } from "./execution/block-builder.ts";
import { limitExceeded, rejected } from "./rpc-error.ts";
import { senderOf } from "./sender-of.ts";
import type { ChainRules } from "./types.ts";

export interface PoolLimits {
  /** Transactions waiting in all. */
  total: number;
  totalBytes: number;
  perSender: number;
  /** Transactions of one sender that wait for an earlier nonce. */
  gapsPerSender: number;
  /** How long such a transaction waits. */
  gapSeconds: number;
}

export const POOL_LIMITS: PoolLimits = {
  total: 5_000,
  totalBytes: 32 * 1024 * 1024,
  perSender: 512,
  gapsPerSender: 64,
  gapSeconds: 600,
};

/** geth's limit as well. */
const MAX_TRANSACTION_BYTES = 131_072;
/** A replacement must offer a tenth more, tip and fee both. */
const REPLACEMENT_PERCENT = 110n;
/** How many waiting senders are looked at for one whose transaction fits the block. */
const SCAN = 64;

/** Which destinations have a share of every block, and of the pool, to themselves. */
export interface Priority {
  addresses: ReadonlySet<Address>;
  /** Between 0 and 1. */
  share: number;
}

export interface AccountView {
  nonce: bigint;
  balance: bigint;
  isContract: boolean;
}

export interface PoolEntry {
  readonly transaction: TypedTransaction;
  readonly hash: Hex;
  readonly sender: Address;
  readonly bytes: number;
  readonly cost: bigint;
  readonly at: number;
  readonly priority: boolean;
  /** Executed in the block that is open. */
  inBlock: boolean;
}

interface Sender {
  entries: Map<bigint, PoolEntry>;
  /** The nonce to execute next: the account's, plus what the open block holds. */
  next: bigint;
  /** The first nonce from `next` on that is not here. */
  end: bigint;
  /** Σ of what the entries can cost. */
  cost: bigint;
}

/**
 * Transactions that wait for a block: per sender in nonce order, senders in turn, everything bounded. The pool is in memory only; a client keeps its signed
 * transactions and sends them again.
 */
export class TransactionPool {
  readonly #rules: ChainRules;
  readonly #common: Common;
  readonly #limits: PoolLimits;
  readonly #priority: Priority;
  readonly #accountOf: (address: Address) => Promise<AccountView>;
  readonly #senders = new Map<Address, Sender>();
  readonly #byHash = new Map<Hex, PoolEntry>();
  /** Senders whose next transaction is here, in order of turn. */
  readonly #ready = new Set<Address>();
  #bytes = 0;
  /** Counts stored blocks, so that an answer about an account from before one is not used after it. */
  #generation = 0;
  #onReady: () => void = () => undefined;

  constructor(
    rules: ChainRules,
    common: Common,
    limits: PoolLimits,
    priority: Priority,
    accountOf: (address: Address) => Promise<AccountView>,
  ) {
    this.#rules = rules;
    this.#common = common;
    this.#limits = limits;
    this.#priority = priority;
    this.#accountOf = accountOf;
  }

  get size(): number {
    return this.#byHash.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Called whenever something can be executed. */
  onReady(listener: () => void): void {
    this.#onReady = listener;
  }

  /** The first so many that are here, in the order in which they came. */
  waiting(most: number): TypedTransaction[] {
    const found: TypedTransaction[] = [];
    for (const { transaction } of this.#byHash.values()) if (found.push(transaction) >= most) break;
    return found;
  }

  find(hash: Hex): PoolEntry | undefined {
    return this.#byHash.get(hash);
  }

  /** The nonce that follows every transaction of `sender` that is here without a gap. */
  nextNonce(sender: Address, accountNonce: bigint): bigint {
    const known = this.#senders.get(sender);
    return known?.end ?? accountNonce;
  }

  /** Takes a signed transaction in. @throws RpcError in the words that wallets know, when it is malformed, unpayable, underpriced or too many. */
  async add(raw: Uint8Array, now = Date.now()): Promise<Hex> {
    const transaction = this.#decode(raw);
    const hash = bytesToHex(transaction.hash());
    if (this.#byHash.has(hash)) throw rejected("already known", "Wait for the transaction's receipt.");
    const sender = this.#validate(transaction);
    let account: AccountView;
    let generation: number;
    do {
      generation = this.#generation;
      account = await this.#accountOf(sender);
    } while (generation !== this.#generation);
    if (this.#byHash.has(hash)) throw rejected("already known", "Wait for the transaction's receipt.");
    const priority = transaction.to !== undefined && this.#priority.addresses.has(transaction.to.toString() as Address);
    const cost = transaction.value + transaction.gasLimit * feesOf(transaction).maxFee;
    this.#admit({ transaction, hash, sender, bytes: raw.length, cost, at: now, priority, inBlock: false }, account);
    return hash;
  }

  #decode(raw: Uint8Array): TypedTransaction {
    if (raw.length > MAX_TRANSACTION_BYTES) {
      throw rejected(`oversized data: ${raw.length} bytes, at most ${MAX_TRANSACTION_BYTES}`, "Split the transaction.");
    }
    if (raw[0] === 3 || raw[0] === 4)
      throw rejected("transaction type not supported", "Send a transaction of type 0, 1 or 2.");
    try {
      return createTxFromRLP(raw, { common: this.#common });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (/chain ?id/i.test(message)) {
        throw rejected("invalid chain id for signer", `Sign for chain id ${this.#rules.chainId}.`);
      }
      throw rejected(`invalid transaction: ${message.slice(0, 200)}`, "Send the RLP of a signed transaction.");
    }
  }

  /** What can be said without looking at the state. */
  #validate(transaction: TypedTransaction): Address {
    if (!transaction.isSigned()) throw rejected("transaction is not signed", "Sign it; this node holds no keys.");
    if (transaction.type === 0 && !transaction.supports(Capability.EIP155ReplayProtection)) {
      throw rejected("only replay-protected (EIP-155) transactions allowed over RPC", "Sign with the chain id.");
    }
    if (transaction.gasLimit > this.#rules.blockGas) {
      throw rejected("exceeds block gas limit", `Ask for at most ${this.#rules.blockGas} gas.`);
    }
    if (transaction.gasLimit < transaction.getIntrinsicGas()) {
      throw rejected("intrinsic gas too low", `Allow at least ${transaction.getIntrinsicGas()} gas.`);
    }
    const { maxFee, tip } = feesOf(transaction);
    if (maxFee < this.#rules.baseFee) {
      throw rejected("max fee per gas less than block base fee", `Offer at least ${this.#rules.baseFee} wei per gas.`);
    }
    if (tip > maxFee) {
      throw rejected("max priority fee per gas higher than max fee per gas", "Offer a tip below the fee.");
    }
    try {
      return senderOf(transaction).toString() as Address;
    } catch {
      throw rejected("invalid sender: the signature is not valid", "Sign the transaction again.");
    }
  }

  #admit(entry: PoolEntry, account: AccountView): void {
    if (account.isContract) throw rejected("sender not an eoa", "Send from an account without code.");
    const { nonce } = entry.transaction;
    const sender = this.#senders.get(entry.sender) ?? {
      entries: new Map(),
      next: account.nonce,
      end: account.nonce,
      cost: 0n,
    };
    const old = sender.entries.get(nonce);
    if (nonce < account.nonce) {
      throw rejected(`nonce too low: next nonce ${account.nonce}, tx nonce ${nonce}`, "Use the account's next nonce.");
    }
    if (nonce < sender.next || old?.inBlock === true) {
      throw rejected(
        "replacement transaction underpriced: the nonce is already in the open block",
        "Use the next nonce.",
      );
    }
    if (old === undefined) this.#checkRoom(entry, sender);
    else if (!outbids(entry, old)) {
      throw rejected("replacement transaction underpriced", "Offer a fee and a tip at least 10 % higher.");
    }
    const committed = sender.cost + entry.cost - (old?.cost ?? 0n);
    if (committed > account.balance) {
      throw rejected(
        `insufficient funds for gas * price + value: balance ${account.balance}, transactions waiting cost ${committed}`,
        "Fund the account, or wait until its other transactions are done.",
      );
    }
    if (old !== undefined) this.#forget(old);
    this.#senders.set(entry.sender, sender);
    sender.entries.set(nonce, entry);
    sender.cost += entry.cost;
    advance(sender);
    this.#byHash.set(entry.hash, entry);
    this.#bytes += entry.bytes;
    this.#markReady(entry.sender, sender);
  }

  #checkRoom(entry: PoolEntry, sender: Sender): void {
    const share = entry.priority ? 1 : 1 - this.#priority.share;
    const full = () =>
      this.size + 1 > this.#limits.total * share || this.#bytes + entry.bytes > this.#limits.totalBytes * share;
    if (full()) this.#evictGapped();
    if (full())
      throw limitExceeded("queue full: too many transactions are waiting", "Send it again after the next block.");
    if (sender.entries.size + 1 > this.#limits.perSender) {
      throw limitExceeded(
        `queue full: ${this.#limits.perSender} transactions of this sender are waiting`,
        "Send it again after the next block.",
      );
    }
    const { end } = sender;
    if (entry.transaction.nonce <= end) return;
    let gapped = 0;
    for (const nonce of sender.entries.keys()) if (nonce > end) gapped++;
    if (gapped + 1 > this.#limits.gapsPerSender) {
      throw limitExceeded(
        `nonce too high: ${gapped} transactions already wait for nonce ${end}`,
        `Send nonce ${end} first.`,
      );
    }
  }

  /** The transaction to execute next, of at most `gas`, or of at most `priorityGas` when it goes to a priority address. */
  next(gas: bigint, priorityGas: bigint): PoolEntry | undefined {
    let looked = 0;
    for (const address of this.#ready) {
      if (looked++ === SCAN) return undefined;
      const sender = this.#senders.get(address);
      const entry = sender?.entries.get(sender.next);
      if (entry !== undefined && entry.transaction.gasLimit <= (entry.priority ? priorityGas : gas)) return entry;
    }
    return undefined;
  }

  /** The entry stands in the open block; its sender goes to the end of the line. */
  executed(entry: PoolEntry): void {
    const sender = this.#senders.get(entry.sender);
    if (sender === undefined) return;
    entry.inBlock = true;
    sender.next = entry.transaction.nonce + 1n;
    advance(sender);
    this.#markReady(entry.sender, sender);
  }

  /** The entry cannot be executed; what the sender sent after it waits for its nonce again. */
  drop(entry: PoolEntry): void {
    this.#forget(entry);
  }

  /** The open block was given up: its transactions wait again. */
  reset(): void {
    for (const [address, sender] of this.#senders) {
      for (const [nonce, entry] of sender.entries) {
        if (!entry.inBlock) continue;
        entry.inBlock = false;
        if (nonce < sender.next) sender.next = nonce;
      }
      this.#markReady(address, sender);
    }
  }

  /** A block is stored: what it holds, or makes impossible, leaves; what has waited too long for an earlier nonce leaves as well. */
  settle(transactions: readonly TypedTransaction[], now = Date.now()): void {
    this.#generation++;
    for (const transaction of transactions) {
      const address = senderOf(transaction).toString() as Address;
      const sender = this.#senders.get(address);
      if (sender === undefined) continue;
      const executed = sender.entries.get(transaction.nonce);
      if (executed !== undefined) this.#forget(executed);
      if (sender.next > transaction.nonce) continue;
      sender.next = transaction.nonce + 1n;
      advance(sender);
      if (this.#senders.has(address)) this.#markReady(address, sender);
    }
    const oldest = now - this.#limits.gapSeconds * 1000;
    for (const entry of this.#byHash.values()) if (entry.at < oldest && this.#isGapped(entry)) this.#forget(entry);
  }

  #isGapped(entry: PoolEntry): boolean {
    const sender = this.#senders.get(entry.sender);
    return sender !== undefined && entry.transaction.nonce > sender.end;
  }

  #evictGapped(): void {
    for (const entry of this.#byHash.values()) {
      if (!this.#isGapped(entry)) continue;
      this.#forget(entry);
      return;
    }
  }

  #forget(entry: PoolEntry): void {
    const sender = this.#senders.get(entry.sender);
    if (!this.#byHash.delete(entry.hash) || sender === undefined) return;
    this.#bytes -= entry.bytes;
    sender.cost -= entry.cost;
    sender.entries.delete(entry.transaction.nonce);
    if (entry.transaction.nonce >= sender.next && entry.transaction.nonce < sender.end)
      sender.end = entry.transaction.nonce;
    if (!sender.entries.has(sender.next)) this.#ready.delete(entry.sender);
    if (sender.entries.size === 0) this.#senders.delete(entry.sender);
  }

  #markReady(address: Address, sender: Sender): void {
    this.#ready.delete(address);
    if (!sender.entries.has(sender.next)) return;
    this.#ready.add(address);
    this.#onReady();
  }
}

/** Moves the end over what is here. */
function advance(sender: Sender): void {
  if (sender.end < sender.next) sender.end = sender.next;
  while (sender.entries.has(sender.end)) sender.end++;
}

function outbids(entry: PoolEntry, old: PoolEntry): boolean {
  const [offer, asked] = [feesOf(entry.transaction), feesOf(old.transaction)];
  return (
    offer.maxFee * 100n >= asked.maxFee * REPLACEMENT_PERCENT && offer.tip * 100n >= asked.tip * REPLACEMENT_PERCENT
  );
}
