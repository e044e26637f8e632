import type { Block } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import type { MerkleStateManager } from "@ethereumjs/statemanager";
import { bytesToUnprefixedHex } from "@ethereumjs/util";
import type { NodeReader } from "../store/trie-database.ts";
import { openReadState } from "./chain-state.ts";

const READ_VIEWS = 16;

/** The state of any stored block, to read. Calls, which execute code on it, have their own threads: see calls/. */
export class StateViews {
  readonly #common: Common;
  readonly #nodes: NodeReader;
  readonly #readers = new Map<string, Promise<MerkleStateManager>>();

  constructor(common: Common, nodes: NodeReader) {
    this.#common = common;
    this.#nodes = nodes;
  }

  /** The state after `block`, for getAccount, getCode and getStorage only. */
  read(block: Block): Promise<MerkleStateManager> {
    const key = bytesToUnprefixedHex(block.header.stateRoot);
    const known = this.#readers.get(key);
    if (known !== undefined) return known;
    const opened = this.#openReader(block.header.stateRoot);
    this.#readers.set(key, opened);
    opened.catch(() => this.#readers.delete(key));
    const [oldest] = this.#readers.keys();
    if (this.#readers.size > READ_VIEWS && oldest !== undefined) this.#readers.delete(oldest);
    return opened;
  }

  async #openReader(stateRoot: Uint8Array): Promise<MerkleStateManager> {
    const state = await openReadState(this.#common, this.#nodes);
    await state.setStateRoot(stateRoot);
    return state;
  }
}
