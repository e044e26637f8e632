interface Waiter {
  priority: number;
  start: () => void;
  signal: AbortSignal | undefined;
}

/** At most `size` tasks at once; those with the smallest priority number go first, then in the order of their coming. */
export class Semaphore {
  #free: number;
  readonly #waiting: Waiter[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Run `task` when there is room; rejects with the signal's reason when it aborts before the start. */
  async run<T>(task: () => Promise<T>, priority = 0, signal?: AbortSignal): Promise<T> {
    await this.#enter(priority, signal);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  #enter(priority: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        priority,
        signal,
        start: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const after = this.#waiting.findIndex((other) => other.priority > priority);
      this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, waiter);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next.start();
    else this.#free++;
  }
}
