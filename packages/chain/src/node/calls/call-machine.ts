import type { Common } from "@ethereumjs/common";
import type { MerkleStateManager } from "@ethereumjs/statemanager";
import { bytesToUnprefixedHex } from "@ethereumjs/util";
import type { VM } from "@ethereumjs/vm";
import { type BlockHashes, openCallState, openVm, type UndoableState } from "../execution/chain-state.ts";
import type { NodeReader } from "../store/trie-database.ts";

/** A machine whose every effect is undone. One call at a time: the caller waits for each. */
export class CallMachine {
  readonly #vm: VM;
  readonly #state: UndoableState;
  #root = "";

  private constructor(vm: VM, state: UndoableState) {
    this.#vm = vm;
    this.#state = state;
  }

  static async open(common: Common, nodes: NodeReader, blockHash: BlockHashes): Promise<CallMachine> {
    const state = await openCallState(common, nodes);
    return new CallMachine(await openVm(common, state, blockHash), state);
  }

  /** Runs `work` on the state with this root and undoes whatever it did. What was read stays cached until another root is asked for. */
  async run<T>(stateRoot: Uint8Array, work: (vm: VM, state: MerkleStateManager) => Promise<T>): Promise<T> {
    const key = bytesToUnprefixedHex(stateRoot);
    if (key !== this.#root) {
      this.#root = "";
      await this.#state.setStateRoot(stateRoot);
      this.#root = key;
    }
    await this.#state.checkpoint();
    try {
      return await work(this.#vm, this.#state);
    } finally {
      await this.#state.revertAll();
      this.#vm.evm.journal.cleanJournal();
    }
  }
}
