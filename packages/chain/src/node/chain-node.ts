import { EventEmitter } from "node:events";
import { type Address, addressOfKey, CairnError, type Hex } from "@cairn/protocol";
import type { Block } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { createAddressFromString, equalsBytes, hexToBytes } from "@ethereumjs/util";
import { decodeBlock, referenceOf } from "./block-reference.ts";
import { BlockWaits } from "./block-waits.ts";
import { breathe } from "./breathe.ts";
import {
  type ConsensusEffect,
  type ConsensusMessage,
  type ConsensusState,
  type Rejection,
  step,
} from "./consensus/step.ts";
import { type BlockBuilder, type ExecutedBlock, InvalidTransaction } from "./execution/block-builder.ts";
import type { StateViews } from "./execution/state-views.ts";
import { type NodeParts, openParts } from "./open-parts.ts";
import { type Floors, Pruner, type Retention } from "./pruner.ts";
import { mixOf, sealBlock, signerOf, signReveal } from "./seal.ts";
import { Serial } from "./serial.ts";
import type { ChainStore } from "./store/chain-store.ts";
import type { BlockRows } from "./store/write-block.ts";
import { type PoolLimits, type Priority, TransactionPool } from "./transaction-pool.ts";
import type { ChainRules, Seal, SealedBlock } from "./types.ts";

export interface NodeOptions {
  rules: ChainRules;
  /** Without a key the node only takes blocks in. */
  validatorKey: Hex | undefined;
  /** Longest time without a block of ours. */
  heartbeatSeconds: number;
  pool: PoolLimits;
  priority: Priority;
  /** What to keep; undefined keeps everything. */
  retention: Retention | undefined;
  /** Memory for trie nodes and code. */
  nodeCacheBytes: number;
}

interface Incoming {
  block: Block;
  sealed: SealedBlock;
  settle: (outcome: Rejection | "stored") => void;
}

/** How many recent block hashes are at hand for BLOCKHASH. */
const RECENT_HASHES = 260;
/** The longest that a timer is set for: the clock may be put right meanwhile. */
const LONGEST_WAKE_MS = 60_000;

/**
 * One node of the chain: it carries out what `step` decides. Emits `block` after a block is stored, and `fatal` when it cannot go on; then the process
 * should end and be started again: nothing that was not stored counts.
 */
export class ChainNode extends EventEmitter<{ block: [Block, BlockRows]; fatal: [unknown] }> {
  readonly rules: ChainRules;
  readonly common: Common;
  readonly store: ChainStore;
  readonly pool: TransactionPool;
  readonly views: StateViews;
  readonly #options: NodeOptions;
  readonly #builder: BlockBuilder;
  readonly #serial = new Serial();
  readonly #pruner: Pruner | undefined;
  readonly #hashes: Map<bigint, Uint8Array>;
  #head: Block;
  #consensus: ConsensusState;
  #timer: NodeJS.Timeout | undefined;
  #pumping = false;
  #wanted = false;
  /** Whether a message is queued that says that a transaction waits. */
  #announced = false;
  #started = false;
  #stopped = false;
  readonly #waits = new BlockWaits(this);
  #incoming: Incoming | undefined;
  #ready: { executed: ExecutedBlock; seal: Seal } | undefined;
  #reveal: Uint8Array = new Uint8Array(0);

  private constructor(options: NodeOptions, store: ChainStore, parts: NodeParts) {
    super();
    // One listener for every WebSocket.
    this.setMaxListeners(0);
    this.#options = options;
    this.rules = options.rules;
    this.store = store;
    this.common = parts.common;
    this.views = parts.views;
    this.#builder = parts.builder;
    this.#hashes = parts.hashes;
    this.#head = parts.head;
    this.#pruner =
      options.retention &&
      new Pruner(store, options.retention, options.rules.genesisTime, (work) => this.#serial.run(work));
    this.pool = new TransactionPool(options.rules, parts.common, options.pool, options.priority, (address) =>
      this.#account(address),
    );
    this.pool.onReady(() => this.#announce());
    this.#consensus = {
      rules: options.rules,
      heartbeatSeconds: options.heartbeatSeconds,
      self: options.validatorKey === undefined ? undefined : addressOfKey(options.validatorKey),
      head: referenceOf(parts.head),
      pace: undefined,
      waiting: false,
      work: { kind: "idle" },
    };
  }

  /** Opens the chain at its last stored block, making block 0 if there is none. */
  static async open(options: NodeOptions, store: ChainStore): Promise<ChainNode> {
    const node = new ChainNode(options, store, await openParts(options, store));
    store.once("lost", (error) => node.#fail(error));
    await node.#pruner?.open();
    return node;
  }

  /** From which block on states, and blocks with all that is in them, can be asked for. */
  get floors(): Floors {
    return this.#pruner?.floors ?? { states: 0, history: 0 };
  }

  /** First topics of logs that may be gone from blocks before the history's floor. */
  get passingTopics(): readonly Hex[] {
    return this.#options.retention?.passingTopics ?? [];
  }

  get head(): Block {
    return this.#head;
  }

  /** Begins to make blocks, if this node is a validator. */
  start(): void {
    this.#started = true;
    if (this.#isReady()) this.#announce();
    else this.#send({ type: "time" });
  }

  /** Ends after the block in hand; nothing is sealed any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#pruner?.stop();
    await this.#serial.run(() => Promise.resolve());
  }

  /** Takes in a block that another node has sealed. Resolves once it is stored. @throws chain-block-rejected with the reason */
  async import(sealed: SealedBlock): Promise<void> {
    const block = this.decode(sealed.raw);
    const reference = referenceOf(block);
    const outcome = await new Promise<Rejection | "stored">((settle, fail) => {
      this.#serial
        .run(async () => {
          const signer = signerOf(
            this.rules.chainId,
            {
              hash: block.hash(),
              number: reference.number,
              mix: block.header.mixHash,
              parentMix: this.#head.header.mixHash,
            },
            sealed.seal,
          );
          this.#incoming = { block, sealed, settle };
          await this.#handle({ type: "received", block: reference, signers: signer === undefined ? [] : [signer] });
        })
        .catch((error: unknown) => {
          this.#fail(error);
          fail(error);
        });
    });
    if (outcome !== "stored") {
      throw new CairnError(`block ${reference.number} is rejected: ${outcome}`, {
        code: "chain-block-rejected",
        kind: "corrupt",
        next: "Take blocks from an honest validator.",
        details: { reason: outcome, hash: reference.hash },
      });
    }
  }

  /** Resolves when block `number` is stored, or after `milliseconds`. @throws RpcError when too many wait */
  async waitFor(number: number, milliseconds: number): Promise<void> {
    if (Number(this.#head.header.number) < number) await this.#waits.waitFor(number, milliseconds);
  }

  decode(raw: Uint8Array): Block {
    return decodeBlock(raw, this.common);
  }

  async #account(address: Address) {
    const state = await this.views.read(this.#head);
    const account = await state.getAccount(createAddressFromString(address));
    return {
      nonce: account?.nonce ?? 0n,
      balance: account?.balance ?? 0n,
      isContract: account?.isContract() ?? false,
    };
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.emit("fatal", error);
  }

  #announce(): void {
    if (this.#announced || !this.#started || this.#stopped) return;
    this.#announced = true;
    this.#send({ type: "waiting" });
  }

  #send(message: ConsensusMessage): void {
    this.#serial.run(() => this.#handle(message)).catch((error: unknown) => this.#fail(error));
  }

  /** Applies a message and everything that follows from it. Runs inside the serial queue. */
  async #handle(message: ConsensusMessage): Promise<void> {
    const messages: ConsensusMessage[] = [message];
    for (let next = messages.shift(); next !== undefined && !this.#stopped; next = messages.shift()) {
      if (next.type === "waiting") this.#announced = false;
      const { state, effects } = step(this.#consensus, next, Date.now());
      this.#consensus = state;
      for (const effect of effects) {
        const answer = await this.#carryOut(effect);
        if (answer !== undefined) messages.push(answer);
      }
    }
  }

  async #carryOut(effect: ConsensusEffect): Promise<ConsensusMessage | undefined> {
    switch (effect.type) {
      case "open":
        await this.#openBlock(effect.timestamp);
        return undefined;
      case "close":
        return await this.#closeBlock();
      case "execute":
        this.#pump();
        return undefined;
      case "abandon": {
        const executed = this.#builder.count;
        await this.#builder.abandon();
        if (executed > 0) this.pool.reset();
        return undefined;
      }
      case "check":
        return { type: "checked", hash: effect.hash, valid: await this.#check() };
      case "store":
        await this.#storeBlock();
        return { type: "stored", hash: effect.hash, waiting: this.#isReady() };
      case "reject":
        this.#incoming?.settle(effect.reason);
        this.#incoming = undefined;
        return undefined;
      case "wake":
        clearTimeout(this.#timer);
        this.#timer = setTimeout(
          () => this.#send({ type: "time" }),
          Math.min(LONGEST_WAKE_MS, Math.max(0, effect.at - Date.now())),
        );
        return undefined;
    }
  }

  async #openBlock(timestamp: number): Promise<void> {
    const key = this.#options.validatorKey;
    if (key === undefined) throw new Error("a node without a key cannot open a block");
    this.#reveal = signReveal(this.rules.chainId, Number(this.#head.header.number) + 1, this.#head.header.mixHash, key);
    await this.#builder.begin(this.#head, {
      timestamp: BigInt(timestamp),
      coinbase: hexToBytes(addressOfKey(key)),
      mixHash: mixOf(this.#reveal),
    });
  }

  async #closeBlock(): Promise<ConsensusMessage> {
    const key = this.#options.validatorKey;
    if (key === undefined) throw new Error("a node without a key cannot seal a block");
    const executed = await this.#builder.finish();
    const seal = sealBlock(this.rules.chainId, executed.block.hash(), this.#reveal, key);
    this.#ready = { executed, seal };
    return { type: "built", block: referenceOf(executed.block), signers: [addressOfKey(key)] };
  }

  /** Executes the received block anew. The whole of its bytes must come out: a header hash does not bind the body. */
  async #check(): Promise<boolean> {
    const incoming = this.#incoming;
    if (incoming === undefined) return false;
    const { header, transactions } = incoming.block;
    await this.#builder.begin(this.#head, {
      timestamp: header.timestamp,
      coinbase: header.coinbase.bytes,
      mixHash: header.mixHash,
    });
    try {
      for (const transaction of transactions) await this.#builder.add(transaction);
      const executed = await this.#builder.finish();
      if (equalsBytes(executed.block.serialize(), incoming.sealed.raw)) {
        this.#ready = { executed, seal: incoming.sealed.seal };
        return true;
      }
    } catch (error) {
      if (!(error instanceof InvalidTransaction)) throw error;
    }
    await this.#builder.abandon();
    return false;
  }

  async #storeBlock(): Promise<void> {
    const ready = this.#ready;
    if (ready === undefined) throw new Error("no block is ready to be stored");
    this.#ready = undefined;
    const { block } = ready.executed;
    const rows = ready.executed.rows(ready.seal);
    await this.store.append(rows);
    await this.#builder.confirm(rows);
    this.#head = block;
    this.#hashes.set(block.header.number, rows.block.hash);
    this.#hashes.delete(block.header.number - BigInt(RECENT_HASHES));
    this.pool.settle(block.transactions);
    this.#incoming?.settle("stored");
    this.#incoming = undefined;
    this.emit("block", block, rows);
    const head = { number: rows.block.number, timestamp: rows.timestamp };
    this.#pruner?.stored(head).catch((error: unknown) => this.#fail(error));
  }

  /** Executes waiting transactions into the open block, one after another, for as long as there are any that fit. */
  #pump(): void {
    this.#wanted = true;
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    this.#drainAll().catch((error: unknown) => this.#fail(error));
  }

  async #drainAll(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      await this.#drain();
    }
    this.#pumping = false;
  }

  async #drain(): Promise<void> {
    while (await this.#serial.run(() => this.#executeNext())) await breathe();
  }

  /** Gas that a transaction to anybody may have of `gas`: the rest is the priority addresses'. */
  #unreserved(gas: bigint): bigint {
    return gas - (this.rules.blockGas * BigInt(Math.round(this.#options.priority.share * 1000))) / 1000n;
  }

  /** Whether a transaction waits that an empty block has room for. */
  #isReady(): boolean {
    return this.pool.next(this.#unreserved(this.rules.blockGas), this.rules.blockGas) !== undefined;
  }

  async #executeNext(): Promise<boolean> {
    const { work } = this.#consensus;
    if (this.#stopped || work.kind !== "building" || work.closing) return false;
    const left = this.#builder.gasLeft;
    const entry = this.pool.next(this.#unreserved(left), left);
    if (entry === undefined) {
      await this.#handle({ type: "drained", executed: this.#builder.count, full: this.#isReady() });
      return false;
    }
    try {
      await this.#builder.add(entry.transaction);
      this.pool.executed(entry);
    } catch (error) {
      if (!(error instanceof InvalidTransaction)) throw error;
      this.pool.drop(entry);
    }
    return true;
  }
}
