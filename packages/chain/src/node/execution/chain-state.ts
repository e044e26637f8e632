import { crypto } from "@cairn/protocol";
import { type Block, createBlock } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { createMPT } from "@ethereumjs/mpt";
import { RLP } from "@ethereumjs/rlp";
import { Caches, CacheType, MerkleStateManager, type MerkleStateManagerOpts } from "@ethereumjs/statemanager";
import { type Account, type Address, type DB, KECCAK256_RLP, unpadBytes, ValueEncoding } from "@ethereumjs/util";
import { createVM, type VM } from "@ethereumjs/vm";
import type { ChainRules } from "../types.ts";

/** A Merkle state that can go back over all its checkpoints at once, however many an error left open. */
export class UndoableState extends MerkleStateManager {
  async revertAll(): Promise<void> {
    while (this._checkpointCount > 0) await this.revert();
    this.originalStorageCache.clear();
  }

  /**
   * Writes to the cache alone; `flush` brings each slot's last value to the trie. (The inherited method means to, but writes every value of every slot
   * through at once.)
   */
  override async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    if (key.length !== 32 || value.length > 32) throw new Error("a slot and its value have 32 bytes at most");
    if ((await this.getAccount(address)) === undefined) throw new Error("storage of an account that does not exist");
    this._caches?.storage?.put(address, key, RLP.encode(unpadBytes(value)));
  }
}

/** The state that blocks are executed on: it remembers which accounts a block wrote, internal calls included. */
export class TrackedState extends UndoableState {
  readonly touched = new Map<string, Address>();

  override putAccount(address: Address, account: Account | undefined): Promise<void> {
    this.touched.set(address.toString(), address);
    return super.putAccount(address, account);
  }

  override deleteAccount(address: Address): Promise<void> {
    this.touched.set(address.toString(), address);
    return super.deleteAccount(address);
  }

  /** Empties the caches when they have taken in `entries` since the last time: the only bound on what they hold. */
  async trim(entries: number, stateRoot: Uint8Array): Promise<void> {
    const { account, storage } = this._caches ?? {};
    if ((account?.stats(false).writes ?? 0) + (storage?.stats(false).writes ?? 0) < entries) return;
    account?.stats();
    storage?.stats();
    await this.setStateRoot(stateRoot);
  }
}

/** More entries than one block of 150 Mgas can touch, so that the caches never drop one that is not yet written. */
const CACHED_ACCOUNTS = 100_000;

async function stateOptions(
  common: Common,
  nodes: DB<string, Uint8Array>,
  caches: Caches | undefined,
): Promise<MerkleStateManagerOpts> {
  const trie = await createMPT({
    db: nodes,
    useKeyHashing: true,
    common,
    valueEncoding: ValueEncoding.Bytes,
    cacheSize: 0,
  });
  return { common, trie, ...(caches === undefined ? {} : { caches }) };
}

export async function openTrackedState(common: Common, nodes: DB<string, Uint8Array>): Promise<TrackedState> {
  const size = { type: CacheType.LRU, size: CACHED_ACCOUNTS };
  return new TrackedState(
    await stateOptions(
      common,
      nodes,
      new Caches({ account: size, storage: size, code: { type: CacheType.LRU, size: 1000 } }),
    ),
  );
}

/** A state for calls whose effects are always undone. */
export async function openCallState(common: Common, nodes: DB<string, Uint8Array>): Promise<UndoableState> {
  return new UndoableState(await stateOptions(common, nodes, new Caches()));
}

/** A state that is only read, several readers at once. */
export async function openReadState(common: Common, nodes: DB<string, Uint8Array>): Promise<MerkleStateManager> {
  return new MerkleStateManager(await stateOptions(common, nodes, undefined));
}

/** Answers BLOCKHASH; the interpreter asks for nothing else of a blockchain. */
export type BlockHashes = (number: bigint) => Promise<Uint8Array>;

export function openVm(common: Common, stateManager: MerkleStateManager, blockHash: BlockHashes): Promise<VM> {
  const blockchain = {
    getBlock: async (number: number) => {
      const hash = await blockHash(BigInt(number));
      return { hash: () => hash };
    },
    putBlock: () => Promise.resolve(),
    shallowCopy: () => blockchain,
  };
  return createVM({ common, stateManager, blockchain });
}

/** Header fields that are not a matter of execution. */
export interface BlockContext {
  parentHash: Uint8Array;
  number: bigint;
  timestamp: bigint;
  coinbase: Uint8Array;
  mixHash: Uint8Array;
  gasLimit: bigint;
  baseFeePerGas: bigint;
}

export const FIXED_HEADER = {
  difficulty: 0n,
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: new Uint8Array(32),
} as const;

/** A header to execute against; its roots are not read. */
export function shellBlock(context: BlockContext, common: Common): Block {
  return createBlock(
    { header: { ...FIXED_HEADER, ...headerContext(context), withdrawalsRoot: KECCAK256_RLP }, withdrawals: [] },
    { common, setHardfork: false },
  );
}

export function headerContext(context: BlockContext) {
  return { ...context, coinbase: `0x${Buffer.from(context.coinbase).toString("hex")}` as const };
}

/** The validators are bound to the genesis hash by its extra data. */
export function genesisExtraData(rules: ChainRules): Uint8Array {
  return crypto.keccak(new TextEncoder().encode([...rules.validators, rules.chainId, rules.blockSeconds].join(",")));
}
