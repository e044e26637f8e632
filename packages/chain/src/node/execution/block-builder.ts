import { CairnError } from "@cairn/protocol";
import { type Block, createBlock, genTransactionsTrieRoot, genWithdrawalsTrieRoot } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { MerklePatriciaTrie } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import type { FeeMarket1559Tx, TypedTransaction } from "@ethereumjs/tx";
import { Account, Address, bigIntMin, createWithdrawal, KECCAK256_RLP, type Withdrawal } from "@ethereumjs/util";
import { Bloom, encodeReceipt, type RunTxResult, runTx, type VM } from "@ethereumjs/vm";
import { rewardBetween, slotAt } from "../emission.ts";
import { senderOf } from "../sender-of.ts";
import { reachableNodes } from "../store/reachable-nodes.ts";
import type { NodeBuffer } from "../store/trie-database.ts";
import type { BlockRows } from "../store/write-block.ts";
import type { AccountRecord, ChainRules, LogRecord, Seal, TransactionRecord } from "../types.ts";
import { type BlockContext, FIXED_HEADER, headerContext, shellBlock, type TrackedState } from "./chain-state.ts";

const GWEI = 1_000_000_000n;
/** Reads and writes after which the caches are emptied: bounds their memory to some 60 MB. */
const CACHE_TURNOVER = 200_000;

export interface ExecutedBlock {
  block: Block;
  /** Everything to store, but for the seal. */
  rows(seal: Seal): BlockRows;
}

interface Open {
  parent: Block;
  context: BlockContext;
  shell: Block;
  transactions: TypedTransaction[];
  results: RunTxResult[];
  gasUsed: bigint;
}

/** A transaction that cannot stand in the block; the block goes on without it. */
export class InvalidTransaction extends CairnError {
  constructor(message: string, cause?: unknown) {
    super(message, {
      code: "chain-transaction-invalid",
      kind: "input",
      next: "Send a transaction with the account's next nonce that the account can pay for.",
      cause,
    });
  }
}

/**
 * Executes one block after another on one state: begin, add…, finish, then `confirm` once the block is stored, or `abandon` at any point.
 * The proposer and whoever checks a received block use the same code. Transactions run against one header shell as they arrive, so that nothing
 * but hashing is left to do when the block's time comes.
 */
export class BlockBuilder {
  readonly #rules: ChainRules;
  readonly #common: Common;
  readonly #vm: VM;
  readonly #state: TrackedState;
  readonly #nodes: NodeBuffer;
  readonly #initialGwei: bigint;
  #open: Open | undefined;

  constructor(rules: ChainRules, common: Common, vm: VM, state: TrackedState, nodes: NodeBuffer) {
    this.#rules = rules;
    this.#common = common;
    this.#vm = vm;
    this.#state = state;
    this.#nodes = nodes;
    this.#initialGwei = Object.values(rules.alloc).reduce((sum, wei) => sum + wei, 0n) / GWEI;
  }

  get gasLeft(): bigint {
    return this.#rules.blockGas - (this.#open?.gasUsed ?? 0n);
  }

  /** Transactions in the open block. */
  get count(): number {
    return this.#open?.transactions.length ?? 0;
  }

  /** Opens a block on `parent`, whose state must be the current one. */
  async begin(parent: Block, choice: { timestamp: bigint; coinbase: Uint8Array; mixHash: Uint8Array }): Promise<void> {
    const context: BlockContext = {
      ...choice,
      parentHash: parent.hash(),
      number: parent.header.number + 1n,
      gasLimit: this.#rules.blockGas,
      baseFeePerGas: this.#rules.baseFee,
    };
    this.#state.touched.clear();
    await this.#state.checkpoint();
    this.#open = {
      parent,
      context,
      shell: shellBlock(context, this.#common),
      transactions: [],
      results: [],
      gasUsed: 0n,
    };
  }

  /** Runs the transaction. @throws InvalidTransaction when it cannot stand in this block, which is then as it was before. */
  async add(transaction: TypedTransaction): Promise<RunTxResult> {
    const open = this.#opened();
    await this.#check(transaction, open);
    let result: RunTxResult;
    try {
      result = await this.#run(transaction, open);
    } catch (error) {
      if (error instanceof CairnError) throw error;
      await this.#replay(open);
      throw new InvalidTransaction(error instanceof Error ? error.message : String(error), error);
    }
    open.transactions.push(transaction);
    open.results.push(result);
    open.gasUsed += result.totalGasSpent;
    return result;
  }

  #run(transaction: TypedTransaction, open: Open): Promise<RunTxResult> {
    return runTx(this.#vm, {
      tx: transaction,
      block: open.shell,
      blockGasUsed: open.gasUsed,
      skipHardForkValidation: true,
    });
  }

  /** The conditions of a valid transaction, so that the interpreter is only given what it will carry through. */
  async #check(transaction: TypedTransaction, open: Open): Promise<void> {
    if (transaction.type > 2) throw new InvalidTransaction(`transaction type ${transaction.type} is not accepted`);
    if (transaction.gasLimit > this.#rules.blockGas - open.gasUsed)
      throw new InvalidTransaction("exceeds block gas limit");
    const fees = feesOf(transaction);
    if (fees.maxFee < this.#rules.baseFee) throw new InvalidTransaction("max fee per gas less than block base fee");
    if (fees.tip > fees.maxFee) throw new InvalidTransaction("max priority fee per gas higher than max fee per gas");
    if (transaction.gasLimit < transaction.getIntrinsicGas()) throw new InvalidTransaction("intrinsic gas too low");
    const sender = await this.#state.getAccount(senderOf(transaction));
    const nonce = sender?.nonce ?? 0n;
    if (transaction.nonce !== nonce)
      throw new InvalidTransaction(`nonce ${transaction.nonce}, the account's is ${nonce}`);
    if (sender?.isContract() === true) throw new InvalidTransaction("sender is a contract");
    if ((sender?.balance ?? 0n) < transaction.value + transaction.gasLimit * fees.maxFee) {
      throw new InvalidTransaction("insufficient funds for gas * price + value");
    }
  }

  /** After an error inside the interpreter its nested checkpoints are in doubt: execute what stood before it once more, from the parent's state. */
  async #replay(open: Open): Promise<void> {
    await this.#reset(open.parent);
    await this.#state.checkpoint();
    open.gasUsed = 0n;
    for (const [index, transaction] of open.transactions.entries()) {
      const result = await this.#run(transaction, open);
      open.results[index] = result;
      open.gasUsed += result.totalGasSpent;
    }
  }

  async #reset(parent: Block): Promise<void> {
    await this.#state.revertAll();
    this.#vm.evm.journal.cleanJournal();
    this.#nodes.discard();
    await this.#state.setStateRoot(parent.header.stateRoot);
  }

  /** Pays the reward, computes the roots and closes the block. */
  async finish(): Promise<ExecutedBlock> {
    const open = this.#opened();
    const withdrawals = this.#withdrawals(open.parent, open.context);
    for (const withdrawal of withdrawals) await this.#pay(withdrawal);
    await this.#state.commit();
    const stateRoot = await this.#state.getStateRoot();
    const { receiptTrie, logsBloom } = await this.#receipts(open);
    const block = createBlock(
      {
        header: {
          ...FIXED_HEADER,
          ...headerContext(open.context),
          stateRoot,
          receiptTrie,
          logsBloom,
          gasUsed: open.gasUsed,
          transactionsTrie: await genTransactionsTrieRoot(open.transactions, this.#emptyTrie()),
          withdrawalsRoot: await genWithdrawalsTrieRoot(withdrawals, this.#emptyTrie()),
        },
        transactions: open.transactions,
        withdrawals,
      },
      { common: this.#common, setHardfork: false },
    );
    const nodes = reachableNodes(stateRoot, (key) => this.#nodes.pending(key));
    for (const [key, code] of this.#nodes.pendingCode()) nodes.set(key, code);
    const accounts = await this.#accounts();
    return { block, rows: (seal) => blockRows(block, open, nodes, accounts, this.#rules.baseFee, seal) };
  }

  /** The block is stored: its state is the current one. */
  async confirm(rows: BlockRows): Promise<void> {
    this.#open = undefined;
    this.#nodes.confirm(rows.nodes);
    await this.#state.trim(CACHE_TURNOVER, rows.stateRoot);
  }

  /** Forgets the open block; the parent's state is the current one again. */
  async abandon(): Promise<void> {
    const open = this.#opened();
    this.#open = undefined;
    await this.#reset(open.parent);
  }

  #opened(): Open {
    if (this.#open === undefined) throw new Error("no block is open");
    return this.#open;
  }

  #emptyTrie(): MerklePatriciaTrie {
    return new MerklePatriciaTrie({ common: this.#common });
  }

  /** The coins of all slots that began since the parent's. */
  #withdrawals(parent: Block, context: BlockContext): Withdrawal[] {
    if (!this.#rules.emission) return [];
    const [before, now] = [parent.header.timestamp, context.timestamp].map((time) => slotAt(time, this.#rules));
    const amount = rewardBetween(before!, now!, this.#initialGwei);
    if (amount === 0n) return [];
    return [
      createWithdrawal({ index: context.number, validatorIndex: 0n, address: new Address(context.coinbase), amount }),
    ];
  }

  async #pay({ address, amount }: Withdrawal): Promise<void> {
    const account = (await this.#state.getAccount(address)) ?? new Account();
    account.balance += amount * GWEI;
    await this.#state.putAccount(address, account);
  }

  async #receipts(open: Open): Promise<{ receiptTrie: Uint8Array; logsBloom: Uint8Array }> {
    const bloom = new Bloom(undefined, this.#common);
    if (open.results.length === 0) return { receiptTrie: KECCAK256_RLP, logsBloom: bloom.bitvector };
    const trie = this.#emptyTrie();
    let cumulative = 0n;
    for (const [index, result] of open.results.entries()) {
      bloom.or(result.bloom);
      cumulative += result.totalGasSpent;
      const receipt = { ...result.receipt, cumulativeBlockGasUsed: cumulative };
      await trie.put(RLP.encode(index), encodeReceipt(receipt, open.transactions[index]!.type));
    }
    return { receiptTrie: trie.root(), logsBloom: bloom.bitvector };
  }

  async #accounts(): Promise<AccountRecord[]> {
    const records: AccountRecord[] = [];
    for (const address of this.#state.touched.values()) {
      const account = (await this.#state.getAccount(address)) ?? new Account();
      records.push({
        address: address.bytes,
        nonce: account.nonce,
        balance: account.balance,
        codeHash: account.codeHash,
      });
    }
    return records;
  }
}

/** What a transaction offers per gas, in wei. */
export function feesOf(transaction: TypedTransaction): { maxFee: bigint; tip: bigint } {
  if ("maxFeePerGas" in transaction) {
    const market = transaction as FeeMarket1559Tx;
    return { maxFee: market.maxFeePerGas, tip: market.maxPriorityFeePerGas };
  }
  const price = "gasPrice" in transaction ? transaction.gasPrice : 0n;
  return { maxFee: price, tip: price };
}

export function effectiveGasPrice(transaction: TypedTransaction, baseFee: bigint): bigint {
  const { maxFee, tip } = feesOf(transaction);
  if (!("maxFeePerGas" in transaction)) return maxFee;
  return bigIntMin(maxFee, baseFee + tip);
}

function blockRows(
  block: Block,
  open: Open,
  nodes: Map<string, Uint8Array>,
  accounts: AccountRecord[],
  baseFee: bigint,
  seal: Seal,
): BlockRows {
  let cumulativeGas = 0n;
  const transactions: TransactionRecord[] = open.transactions.map((transaction, index) => {
    const result = open.results[index]!;
    cumulativeGas += result.totalGasSpent;
    return {
      hash: transaction.hash(),
      index,
      sender: senderOf(transaction).bytes,
      recipient: transaction.to?.bytes,
      value: transaction.value,
      status: result.execResult.exceptionError === undefined ? 1 : 0,
      gasUsed: result.totalGasSpent,
      cumulativeGas,
      effectiveGasPrice: effectiveGasPrice(transaction, baseFee),
      created: transaction.to === undefined ? result.createdAddress?.bytes : undefined,
      type: transaction.type,
      raw: transaction.serialize(),
    };
  });
  const logs: LogRecord[][] = open.results.map((result) =>
    result.receipt.logs.map(([address, topics, data]) => ({ address, topics, data })),
  );
  const number = Number(block.header.number);
  return {
    block: { number, hash: block.hash(), raw: block.serialize(), seal },
    timestamp: Number(block.header.timestamp),
    validator: block.header.coinbase.bytes,
    gasUsed: block.header.gasUsed,
    stateRoot: block.header.stateRoot,
    transactions,
    logs,
    accounts,
    nodes,
  };
}
