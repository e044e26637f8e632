import { setTimeout as sleep } from "node:timers/promises";
import type { Anvil } from "@cairn/chain/testing";
import type { Hex } from "@cairn/protocol";

/**
 * Makes a block whenever a transaction waits for one: what does not wait for finality is done within a few.
 * @returns what ends it
 */
export function mineWhatWaits(anvil: Anvil): () => Promise<void> {
  const over = new AbortController();
  const mining = (async () => {
    while (!over.signal.aborted) {
      const { pending } = await anvil.call<{ pending: Hex }>("txpool_status");
      if (Number(pending) > 0) await anvil.call("evm_mine");
      await sleep(50);
    }
  })();
  return async () => {
    over.abort();
    await mining;
  };
}
