import { machineClock } from "./machine-clock.ts";

/** Doubling waits from `first` to `last` seconds, each shortened by up to a half at random so that peers do not return in step. */
export function backOff(first: number, last: number) {
  let next = first;
  return {
    /** Wait; resolves at once when `signal` aborts. */
    async wait(signal: AbortSignal): Promise<void> {
      const seconds = next * (0.5 + Math.random() / 2);
      next = Math.min(last, next * 2);
      await pause(seconds, signal);
    },
    reset(): void {
      next = first;
    },
  };
}

/** Resolves after `seconds`, or at once when `signal` aborts. */
export const pause = (seconds: number, signal: AbortSignal): Promise<void> => machineClock.sleep(seconds, signal);
