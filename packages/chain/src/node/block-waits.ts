import type { Block } from "@ethereumjs/block";
import { limitExceeded } from "./rpc-error.ts";

interface Blocks {
  on(event: "block", look: (block: Block) => void): unknown;
  off(event: "block", look: (block: Block) => void): unknown;
}

/** Clients that may wait for a block at a time. */
const MAX_WAITS = 1024;

/** Clients that wait for a coming block. */
export class BlockWaits {
  readonly #node: Blocks;
  #waits = 0;

  /** @param node emits `block` after a block is stored */
  constructor(node: Blocks) {
    this.#node = node;
  }

  /** Resolves when block `number` is stored, or after `milliseconds`. @throws RpcError when too many wait */
  async waitFor(number: number, milliseconds: number): Promise<void> {
    if (this.#waits >= MAX_WAITS) throw limitExceeded("too many wait for a block", "Ask again in a moment.");
    this.#waits++;
    await new Promise<void>((resolve) => {
      const look = (block: Block): void => {
        if (Number(block.header.number) >= number) end();
      };
      const end = (): void => {
        clearTimeout(timer);
        this.#node.off("block", look);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#node.on("block", look);
    });
    this.#waits--;
  }
}
