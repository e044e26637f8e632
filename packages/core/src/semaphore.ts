interface Waiter {
  priority: number;
  /** Of a task that gave way: how many others may still start before it, whoever comes. */
  passes?: number;
  start: () => void;
  signal: AbortSignal | undefined;
}

/** What a running task has of a semaphore. */
export interface Place {
  /**
   * Let as many others go first as wait now, the most urgent ones, and go on when there is room again then; at once when nobody waits. Those who
   * come later may take the place of one that waits, and never make it more. Rejects when the task's signal aborts.
   */
  giveWay(): Promise<void>;
}

/** At most `size` tasks at once; those with the smallest priority number go first, then in the order of their coming. */
export class Semaphore {
  #free: number;
  readonly #waiting: Waiter[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Tasks that wait for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Run `task` when there is room; rejects with the signal's reason when it aborts before the start. */
  async run<T>(task: (place: Place) => Promise<T>, priority = 0, signal?: AbortSignal): Promise<T> {
    await this.#enter(priority, signal);
    let held = true;
    const giveWay = async () => {
      if (this.#waiting.length === 0) return;
      const again = this.#enter(Number.POSITIVE_INFINITY, signal, this.#waiting.length);
      held = false;
      this.#leave();
      await again;
      held = true;
    };
    try {
      return await task({ giveWay });
    } finally {
      if (held) this.#leave();
    }
  }

  #enter(priority: number, signal: AbortSignal | undefined, passes?: number): Promise<void> {
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
        ...(passes === undefined ? {} : { passes }),
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
    const due = this.#waiting.findIndex(({ passes }) => passes === 0);
    const [next] = this.#waiting.splice(Math.max(0, due), 1);
    for (const waiter of this.#waiting) if (waiter.passes !== undefined && waiter.passes > 0) waiter.passes--;
    if (next) next.start();
    else this.#free++;
  }
}

/** Run `work` on every item, at most `places` at once; every item is worked on even when one throws, and the first item's error is thrown then. */
export async function eachBounded<T>(
  items: readonly T[],
  places: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const semaphore = new Semaphore(places);
  const ends = await Promise.allSettled(items.map((item) => semaphore.run(() => work(item))));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
