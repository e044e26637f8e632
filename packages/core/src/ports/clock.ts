import type { Seconds } from "@cairn/protocol";

export interface Clock {
  /** UNIX seconds. */
  now(): Seconds;
  /** Milliseconds since some beginning of its own, with fractions; never goes back. */
  monotonic(): number;
  /** Resolves after `seconds`, however many, or at once when `signal` aborts or has aborted. Leaves neither timer nor listener behind. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}
