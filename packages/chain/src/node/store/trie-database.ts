import { type BatchDBOp, bytesToUnprefixedHex, type DB } from "@ethereumjs/util";
import type { ByteCache } from "./byte-cache.ts";
import type { ChainStore } from "./chain-store.ts";

/** Persisted trie nodes and code: cache first, then PostgreSQL. Content-addressed, so a cached entry is never stale. */
export class NodeReader implements DB<string, Uint8Array> {
  protected readonly store: Pick<ChainStore, "node">;
  protected readonly cache: ByteCache;

  constructor(store: Pick<ChainStore, "node">, cache: ByteCache) {
    this.store = store;
    this.cache = cache;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const stored = await this.store.node(key);
    if (stored !== undefined) this.cache.set(key, stored);
    return stored;
  }

  put(_key: string, _value: Uint8Array): Promise<void> {
    return Promise.reject(new Error("this view of the state is read-only"));
  }

  del(_key: string): Promise<void> {
    return Promise.resolve();
  }

  async batch(operations: BatchDBOp<string, Uint8Array>[]): Promise<void> {
    for (const operation of operations) if (operation.type === "put") await this.put(operation.key, operation.value);
  }

  shallowCopy(): DB<string, Uint8Array> {
    return this;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }
}

/** The same for whoever executes blocks: what it writes stays in a buffer until the block is stored, or is forgotten. */
export class NodeBuffer extends NodeReader {
  #pending = new Map<string, Uint8Array>();

  override async get(key: string): Promise<Uint8Array | undefined> {
    return this.#pending.get(key) ?? super.get(key);
  }

  override put(key: string, value: Uint8Array): Promise<void> {
    this.#pending.set(key, value);
    return Promise.resolve();
  }

  pending(key: string): Uint8Array | undefined {
    return this.#pending.get(key);
  }

  /** Contract code written by the block: its keys are "c" ‖ hash, longer than a node's. */
  pendingCode(): [string, Uint8Array][] {
    return [...this.#pending].filter(([key]) => key.length > 64);
  }

  /** The block is stored with these nodes: serve them from the cache. */
  confirm(stored: Map<string, Uint8Array>): void {
    for (const [key, value] of stored) this.cache.set(key, value);
    this.#pending.clear();
  }

  discard(): void {
    this.#pending.clear();
  }
}

/** Database key of a hash, in the form that the trie asks with. */
export function nodeKey(hash: Uint8Array): string {
  return bytesToUnprefixedHex(hash);
}
