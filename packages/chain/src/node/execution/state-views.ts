import type { Block } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import type { MerkleStateManager } from "@ethereumjs/statemanager";
import { bytesToUnprefixedHex } from "@ethereumjs/util";
import type { VM } from "@ethereumjs/vm";
import { breathe } from "../breathe.ts";
import { limitExceeded } from "../rpc-error.ts";
import { Serial } from "../serial.ts";
import type { NodeReader } from "../store/trie-database.ts";
import { type BlockHashes, openCallState, openReadState, openVm, type UndoableState } from "./chain-state.ts";

const READ_VIEWS = 16;
const MAX_WAITING_CALLS = 512;

/** A machine whose every effect is undone; one call at a time. */
class CallMachine {
  readonly #vm: VM;
  readonly #state: UndoableState;
  readonly #serial = new Serial();
  #root = "";

  constructor(vm: VM, state: UndoableState) {
    this.#vm = vm;
    this.#state = state;
  }

  run<T>(stateRoot: Uint8Array, work: (vm: VM, state: MerkleStateManager) => Promise<T>): Promise<T> {
    if (this.#serial.waiting >= MAX_WAITING_CALLS) {
      throw limitExceeded("too many calls are waiting", "Send the call again in a moment.");
    }
    return this.#serial.run(async () => {
      await breathe();
      const key = bytesToUnprefixedHex(stateRoot);
      if (key !== this.#root) {
        this.#root = "";
        await this.#state.setStateRoot(stateRoot);
        this.#root = key;
      }
      return await this.#undone(work);
    });
  }

  async #undone<T>(work: (vm: VM, state: MerkleStateManager) => Promise<T>): Promise<T> {
    await this.#state.checkpoint();
    try {
      return await work(this.#vm, this.#state);
    } finally {
      await this.#state.revertAll();
      this.#vm.evm.journal.cleanJournal();
    }
  }
}

/**
 * The state of any stored block, to read or to call. Readers of the head do not wait for those of history, and neither touches the state that
 * blocks are built on.
 */
export class StateViews {
  readonly #common: Common;
  readonly #nodes: NodeReader;
  readonly #current: CallMachine;
  readonly #historic: CallMachine;
  readonly #readers = new Map<string, Promise<MerkleStateManager>>();

  private constructor(common: Common, nodes: NodeReader, current: CallMachine, historic: CallMachine) {
    this.#common = common;
    this.#nodes = nodes;
    this.#current = current;
    this.#historic = historic;
  }

  static async open(common: Common, nodes: NodeReader, blockHash: BlockHashes): Promise<StateViews> {
    const machine = async (): Promise<CallMachine> => {
      const state = await openCallState(common, nodes);
      return new CallMachine(await openVm(common, state, blockHash), state);
    };
    return new StateViews(common, nodes, await machine(), await machine());
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

  /** Runs `work` on the state after `block` and undoes whatever it did. */
  call<T>(block: Block, isHead: boolean, work: (vm: VM, state: MerkleStateManager) => Promise<T>): Promise<T> {
    return (isHead ? this.#current : this.#historic).run(block.header.stateRoot, work);
  }
}
