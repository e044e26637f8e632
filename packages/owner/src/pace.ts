import type { Clock } from "@cairn/core";

/** Wait so that no more than `bytesPerSecond` go by on average; call it with each part's length. Rejects when the signal aborts. */
export function paceOf(
  clock: Pick<Clock, "monotonic" | "sleep">,
  bytesPerSecond: number | undefined,
  signal: AbortSignal,
): (bytes: number) => Promise<void> {
  if (bytesPerSecond === undefined) return async () => undefined;
  let due = clock.monotonic();
  return async (bytes) => {
    const now = clock.monotonic();
    // Time that was not used is not made up for later.
    due = Math.max(due, now) + (bytes / bytesPerSecond) * 1000;
    if (due > now) await clock.sleep((due - now) / 1000, signal);
    signal.throwIfAborted();
  };
}
