import type { Seconds } from "../words.ts";

export interface Clock {
  /** UNIX seconds. */
  now(): Seconds;
  /** Resolves after `seconds`, or at once when `signal` aborts. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}
