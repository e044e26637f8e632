import type { Seconds } from "@cairn/protocol";
import type { Clock } from "./ports/clock.ts";

/** A clock that goes on only when told to: time for tests and simulations. */
export class ManualClock implements Clock {
  #milliseconds = 0;
  readonly #start: Seconds;
  readonly #sleepers = new Map<() => void, number>();

  constructor(start: Seconds = 0) {
    this.#start = start;
  }

  now(): Seconds {
    return this.#start + Math.floor(this.#milliseconds / 1000);
  }

  monotonic(): number {
    return this.#milliseconds;
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    if (seconds <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#sleepers.set(wake, this.#milliseconds + seconds * 1000);
      signal?.addEventListener("abort", wake);
    });
  }

  /** Let time pass, waking those whose time has come in its order. */
  advance(seconds: number): void {
    this.#milliseconds += seconds * 1000;
    const due = [...this.#sleepers].filter(([, at]) => at <= this.#milliseconds).sort(([, a], [, b]) => a - b);
    for (const [wake] of due) wake();
  }
}
