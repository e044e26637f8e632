import type { DealId } from "@cairn/protocol";

/** Deals that are remembered: more than are handed over at once, few enough for memory. */
const MOST = 10_000;

/** How far the shards are that providers pull now; only good for showing it, and forgotten with the process. */
export class HandedBytes {
  readonly #bytes = new Map<DealId, number>();

  of(deal: DealId | null): number {
    return deal === null ? 0 : (this.#bytes.get(deal) ?? 0);
  }

  /** Count what is read of a deal's shard, which begins at byte `from`. */
  async *count(deal: DealId, from: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let at = from;
    for await (const part of bytes) {
      yield part;
      at += part.length;
      this.#set(deal, at);
    }
  }

  #set(deal: DealId, bytes: number): void {
    // The one that was heard of last stands last.
    this.#bytes.delete(deal);
    this.#bytes.set(deal, bytes);
    const [oldest] = this.#bytes.keys();
    if (this.#bytes.size > MOST && oldest !== undefined) this.#bytes.delete(oldest);
  }
}
