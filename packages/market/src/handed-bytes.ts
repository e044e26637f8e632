import type { DealId } from "@cairn/protocol";
import { OwnLine } from "./own-line.ts";

/** Deals that are remembered: more than are handed over at once, few enough for memory. */
const MOST = 10_000;

interface Handed {
  /** The byte of the shard that was reached. */
  at: number;
  /** Bytes of shard, document and manifest that were read in all, again or for the first time. */
  passed: number;
}

const NOTHING: Handed = { at: 0, passed: 0 };

/** How far the shards are that providers pull now; forgotten with the process. */
export class HandedBytes {
  readonly #deals = new Map<DealId, Handed>();
  /** Bytes that all providers have taken since this process began. */
  all = 0;
  readonly line = new OwnLine();

  of(deal: DealId | null): number {
    return deal === null ? 0 : this.#get(deal).at;
  }

  /** Bytes that its provider has taken under a deal: it grows for as long as the provider pulls. */
  passed(deal: DealId): number {
    return this.#get(deal).passed;
  }

  /** Count what is read of a deal's shard, which begins at byte `from`. */
  async *count(deal: DealId, from: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let at = from;
    for await (const part of bytes) {
      yield part;
      at += part.length;
      this.#add(deal, at, part.length);
    }
  }

  /** Count what is read of a deal's document or manifest. */
  async *countPapers(deal: DealId, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      yield part;
      this.#add(deal, this.of(deal), part.length);
    }
  }

  #get(deal: DealId): Handed {
    return this.#deals.get(deal) ?? NOTHING;
  }

  #add(deal: DealId, at: number, bytes: number): void {
    this.all += bytes;
    const handed = { at, passed: this.passed(deal) + bytes };
    // The one that was heard of last stands last.
    this.#deals.delete(deal);
    this.#deals.set(deal, handed);
    const [oldest] = this.#deals.keys();
    if (this.#deals.size > MOST && oldest !== undefined) this.#deals.delete(oldest);
  }
}
