import { Refusal, TEXTS } from "./refusal.ts";

export interface TrafficSettings {
  /** Requests that a network may make in a second, and at once after a rest. */
  requests: { perSecond: number; burst: number };
  /** The same for requests for a new token, which cost signature checks. */
  registrations: { perSecond: number; burst: number };
  /** Bytes of bodies held in memory for one network, and for all. */
  heldBytes: { perNetwork: number; total: number };
  /** Networks remembered; the one unseen for longest is forgotten. */
  networks: number;
}

/**
 * A farmer with thousands of contracts makes about one request a second when it batches, and a few dozen when it does not; several may share
 * an address.
 */
export const DEFAULT_TRAFFIC: TrafficSettings = {
  requests: { perSecond: 200, burst: 2000 },
  registrations: { perSecond: 2, burst: 30 },
  heldBytes: { perNetwork: 32 * 1024 * 1024, total: 256 * 1024 * 1024 },
  networks: 50_000,
};

interface Account {
  requests: number;
  registrations: number;
  /** Milliseconds at which both buckets were filled up last. */
  filledAt: number;
  held: number;
}

/** Token buckets by network, so that one network's flood takes nothing from another. */
export class TrafficLimits {
  readonly #settings: TrafficSettings;
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();
  #held = 0;

  /** @param now monotonic milliseconds */
  constructor(settings: TrafficSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** Networks at present remembered. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Counts a request. @throws Refusal 429 with Retry-After */
  take(network: string, kind: "requests" | "registrations"): void {
    const account = this.#account(network);
    if (account[kind] < 1) {
      const seconds = Math.max(1, Math.ceil((1 - account[kind]) / this.#settings[kind].perSecond));
      throw new Refusal(429, TEXTS.tooManyRequests, { "retry-after": String(seconds) });
    }
    account[kind] -= 1;
  }

  /** Counts bytes that a body takes in memory, until `release`. @throws Refusal 429 */
  hold(network: string, bytes: number): void {
    const account = this.#account(network);
    const { perNetwork, total } = this.#settings.heldBytes;
    if (account.held + bytes > perNetwork || this.#held + bytes > total) {
      throw new Refusal(429, TEXTS.tooManyRequests, { "retry-after": "1" });
    }
    account.held += bytes;
    this.#held += bytes;
  }

  release(network: string, bytes: number): void {
    this.#account(network).held -= bytes;
    this.#held -= bytes;
  }

  #account(network: string): Account {
    const now = this.#now();
    const { requests, registrations, networks } = this.#settings;
    const known = this.#accounts.get(network);
    if (known === undefined) {
      if (this.#accounts.size >= networks) this.#forgetOne();
      const account = { requests: requests.burst, registrations: registrations.burst, filledAt: now, held: 0 };
      this.#accounts.set(network, account);
      return account;
    }
    const seconds = (now - known.filledAt) / 1000;
    if (seconds > 1) {
      known.requests = Math.min(requests.burst, known.requests + seconds * requests.perSecond);
      known.registrations = Math.min(registrations.burst, known.registrations + seconds * registrations.perSecond);
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
