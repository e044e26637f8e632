import type { Address, PackageId } from "@cairn/protocol";

/** Who hands what to whom, and how urgent it is: the smallest number goes first. */
export interface HandOver {
  provider: Address;
  owner: Address;
  package: PackageId;
  priority: number;
}

/** What a running hand-over has. */
export interface HandOverPlace {
  /** Go on without a place: another begins in it. The provider still counts as busy. */
  giveUp(): void;
}

interface Waiter extends HandOver {
  start: () => void;
}

/** Hand-overs of one provider at once, those that gave up their place included. */
const OF_ONE_PROVIDER = 2;

/**
 * Places for hand-overs of shards. A free one goes to the owner who has the fewest, then to the most urgent, then to the package that has the
 * fewest, then to whoever came first; none goes to a provider that is busy with two. What is urgent passes others every other time only, both
 * where places are short and at each provider that is short of them, so that heals that keep coming do not keep first copies out.
 */
export class HandOverPlaces {
  readonly #size: number;
  readonly #placed = new Set<HandOver>();
  readonly #running = new Set<HandOver>();
  readonly #waiting: Waiter[] = [];
  /** The last place went to what is urgent, past another that would have had it. */
  #passed = false;
  /** Providers whose last hand-over was urgent and passed another of the same provider. */
  readonly #passedAt = new Set<Address>();

  constructor(size: number) {
    this.#size = size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Run `task` when there is a place for it; rejects with the signal's reason when it aborts before the start. */
  async run<T>(handOver: HandOver, task: (place: HandOverPlace) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const mine = { ...handOver };
    await this.#enter(mine, signal);
    const giveUp = () => {
      if (this.#placed.delete(mine)) this.#startWaiting();
    };
    try {
      return await task({ giveUp });
    } finally {
      this.#placed.delete(mine);
      this.#running.delete(mine);
      this.#startWaiting();
    }
  }

  #enter(mine: HandOver, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      const start = () => {
        signal?.removeEventListener("abort", onAbort);
        this.#placed.add(mine);
        this.#running.add(mine);
        resolve();
      };
      const waiter: Waiter = { ...mine, start };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiter);
      this.#startWaiting();
    });
  }

  #startWaiting(): void {
    while (this.#placed.size < this.#size) {
      const inTurn = this.#next(() => 0);
      const urgent = this.#passed ? inTurn : this.#next(({ priority }) => priority);
      if (inTurn === undefined || urgent === undefined) return;
      const { provider } = urgent;
      const inTurnThere = this.#next(() => 0, provider) ?? urgent;
      const next = this.#passedAt.has(provider) ? inTurnThere : urgent;
      this.#passed = next !== inTurn;
      if (next === inTurnThere) this.#passedAt.delete(provider);
      else this.#passedAt.add(provider);
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.start();
    }
  }

  /** Who is to have the next place, of all who wait or of those who wait for one provider. */
  #next(urgency: (waiter: Waiter) => number, provider?: Address): Waiter | undefined {
    const count = (of: Iterable<HandOver>, test: (one: HandOver) => boolean) => [...of].filter(test).length;
    const rank = (waiter: Waiter) => [
      count(this.#placed, ({ owner }) => owner === waiter.owner),
      urgency(waiter),
      count(this.#placed, (one) => one.package === waiter.package),
    ];
    let best: { waiter: Waiter; rank: number[] } | undefined;
    for (const waiter of this.#waiting) {
      if (provider !== undefined && waiter.provider !== provider) continue;
      if (count(this.#running, (one) => one.provider === waiter.provider) >= OF_ONE_PROVIDER) continue;
      const ranked = rank(waiter);
      if (best === undefined || isBefore(ranked, best.rank)) best = { waiter, rank: ranked };
    }
    return best?.waiter;
  }
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}
