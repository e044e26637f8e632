import { pause } from "@cairn/process";

/** Holds a reader to `bytesPerSecond` on average, with bursts of at most a second; throws the signal's reason once it is aborted. */
export function openPacer(bytesPerSecond: () => number, signal: AbortSignal) {
  let free = performance.now();
  return async (bytes: number): Promise<void> => {
    const now = performance.now();
    free = Math.max(free, now - 1000) + (bytes / bytesPerSecond()) * 1000;
    if (free > now) await pause((free - now) / 1000, signal);
    signal.throwIfAborted();
  };
}
