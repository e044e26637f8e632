/** A stretch in which this process ran nothing, in milliseconds of the clock's monotonic time. */
export interface Stall {
  from: number;
  to: number;
}

export interface StallWatch {
  /**
   * When something that the process sees only now can have come at the earliest: now, or the beginning of the stall after which it is the
   * turn of what had queued in the kernel meanwhile.
   */
  earliest(): number;
  /** Milliseconds of stalls since the watch began. */
  total(): number;
  stop(): void;
}

/** How often the process looks whether it still runs. */
const TICK_MILLISECONDS = 50;
/** A tick that is later than this was kept waiting. */
const STALL_MILLISECONDS = 150;
/** What happens so soon after a stall happens because of it. */
const WAKE_MILLISECONDS = 150;
/** Stalls that are remembered: one follows another on a busy machine. */
const MAX_STALLS = 64;

/**
 * Pure: walk back from `now` over the stalls that lead to it.
 * @param lastTick the last time at which the process is known to have run
 */
export function earliestArrival(now: number, lastTick: number, stalls: readonly Stall[]): number {
  let at = now - lastTick > STALL_MILLISECONDS ? lastTick : now;
  for (const { from, to } of stalls.toReversed()) {
    if (to < at - WAKE_MILLISECONDS) break;
    at = Math.min(at, from);
  }
  return at;
}

/** Watch this process's event loop for stretches in which it was blocked, or the machine did not run it. */
export function watchStalls(monotonic: () => number = () => performance.now()): StallWatch {
  const stalls: Stall[] = [];
  let lastTick = monotonic();
  let total = 0;
  const timer = setInterval(() => {
    const now = monotonic();
    if (now - lastTick > STALL_MILLISECONDS) {
      stalls.push({ from: lastTick, to: now });
      if (stalls.length > MAX_STALLS) stalls.shift();
      total += now - lastTick;
    }
    lastTick = now;
  }, TICK_MILLISECONDS);
  timer.unref();
  return {
    earliest: () => earliestArrival(monotonic(), lastTick, stalls),
    total: () => total,
    stop: () => clearInterval(timer),
  };
}
