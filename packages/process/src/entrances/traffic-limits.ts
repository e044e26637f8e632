interface Rate {
  perSecond: number;
  /** At once after a rest. */
  burst: number;
}

export interface TrafficSettings<K extends string> {
  /** What a network may do in a second, by what it does. */
  rates: Readonly<Record<K, Rate>>;
  /** Bytes of bodies held in memory for one network, and for all. */
  heldBytes: { perNetwork: number; total: number };
  /** Networks remembered; the one unseen for longest is forgotten. */
  networks: number;
}

interface Account<K extends string> {
  left: Record<K, number>;
  /** Milliseconds at which the buckets were filled up last. */
  filledAt: number;
  held: number;
}

/** Token buckets by network, so that one network's flood takes nothing from another. */
export class TrafficLimits<K extends string> {
  readonly #settings: TrafficSettings<K>;
  readonly #kinds: readonly K[];
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account<K>>();
  #held = 0;

  /** @param now monotonic milliseconds */
  constructor(settings: TrafficSettings<K>, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#kinds = Object.keys(settings.rates) as K[];
    this.#now = now;
  }

  /** Networks at present remembered. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Counts one act: 0 when it may go on, else the whole seconds after which the next may. */
  take(network: string, kind: K): number {
    const { left } = this.#account(network);
    if (left[kind] < 1) return Math.max(1, Math.ceil((1 - left[kind]) / this.#settings.rates[kind].perSecond));
    left[kind] -= 1;
    return 0;
  }

  /** Counts bytes that a body takes in memory, until `release`; false, and nothing counted, when there is no room for them. */
  hold(network: string, bytes: number): boolean {
    const account = this.#account(network);
    const { perNetwork, total } = this.#settings.heldBytes;
    if (account.held + bytes > perNetwork || this.#held + bytes > total) return false;
    account.held += bytes;
    this.#held += bytes;
    return true;
  }

  release(network: string, bytes: number): void {
    this.#account(network).held -= bytes;
    this.#held -= bytes;
  }

  #account(network: string): Account<K> {
    const now = this.#now();
    const { rates, networks } = this.#settings;
    const known = this.#accounts.get(network);
    if (known === undefined) {
      if (this.#accounts.size >= networks) this.#forgetOne();
      const left = Object.fromEntries(this.#kinds.map((kind) => [kind, rates[kind].burst])) as Record<K, number>;
      const account = { left, filledAt: now, held: 0 };
      this.#accounts.set(network, account);
      return account;
    }
    const seconds = (now - known.filledAt) / 1000;
    if (seconds > 1) {
      for (const kind of this.#kinds) {
        const { perSecond, burst } = rates[kind];
        known.left[kind] = Math.min(burst, known.left[kind] + seconds * perSecond);
      }
      known.filledAt = now;
      this.#accounts.delete(network);
      this.#accounts.set(network, known);
    }
    return known;
  }

  #forgetOne(): void {
    for (const [network, { held }] of this.#accounts) {
      if (held > 0) continue;
      this.#accounts.delete(network);
      return;
    }
  }
}
