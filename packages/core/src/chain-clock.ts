import type { Seconds } from "@cairn/protocol";
import type { Clock } from "./ports/clock.ts";
import type { Head } from "./ports/ledger.ts";

/**
 * The chain's time: that of its newest block, or of the next one where the chain says so, and the monotonic time since that was seen. The
 * machine's own time of day takes no part, so that a machine whose clock is wrong, or leaps, signs and counts as the others do.
 */
export class ChainClock implements Clock {
  readonly #machine: Clock;
  readonly #longestSeconds: number;
  #head: number | undefined;
  #time: Seconds | undefined;
  #seenAt = 0;

  /** @param longestSeconds no chain is longer than this without a block: time that has run on for so long stands until the next one */
  constructor(machine: Clock, longestSeconds: number) {
    this.#machine = machine;
    this.#longestSeconds = longestSeconds;
  }

  /** @param present what `Ledger.present` answers; believed as far as the next block can be away from `head` */
  see(head: Pick<Head, "number" | "timestamp">, present: Seconds = head.timestamp): void {
    const told = present > head.timestamp && present <= head.timestamp + this.#longestSeconds;
    if (!told && head.number === this.#head) return;
    this.#head = head.number;
    this.#time = told ? present : head.timestamp;
    this.#seenAt = this.#machine.monotonic();
  }

  /** Before the first block is seen, the machine's own time of day. */
  now(): Seconds {
    if (this.#time === undefined) return this.#machine.now();
    const since = (this.#machine.monotonic() - this.#seenAt) / 1000;
    return this.#time + Math.floor(Math.min(since, this.#longestSeconds));
  }

  monotonic(): number {
    return this.#machine.monotonic();
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return this.#machine.sleep(seconds, signal);
  }
}
