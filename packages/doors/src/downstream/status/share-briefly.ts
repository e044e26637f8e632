import type pg from "pg";

interface Kept {
  value: Promise<unknown>;
  /** By the caller's clock and by the machine's, as a test's clock may stand still or leap. */
  now: number;
  begun: number;
  /** Seconds that making it took; 0 while it is being made. */
  took: number;
}

/** What takes long to make is kept for this many times as long, so that it never fills the machine's time. */
const SHARE_OF_TIME = 10;
/** Keys may come from visitors. */
const MOST_KEPT = 64;

const keptOf = new WeakMap<pg.Pool, Map<string, Kept>>();

const machineSeconds = () => performance.now() / 1000;

/**
 * What `make` resolves to, made once for all who ask under the same key within `seconds`, or ten times what making it took if that is
 * longer. The value is shared: nobody may change it. A failure is told to those who wait for it and not kept.
 *
 * @param now the caller's clock, seconds
 */
export function shareBriefly<Value>(
  pool: pg.Pool,
  key: string,
  { now, seconds }: { now: number; seconds: number },
  make: () => Promise<Value>,
): Promise<Value> {
  const kept = keptOf.get(pool) ?? new Map<string, Kept>();
  keptOf.set(pool, kept);
  const last = kept.get(key);
  if (last !== undefined) {
    const limit = Math.max(seconds, SHARE_OF_TIME * last.took);
    const isFresh = machineSeconds() - last.begun < limit && Math.abs(now - last.now) < limit;
    if (isFresh) return last.value as Promise<Value>;
    kept.delete(key);
  }
  for (const [oldest] of kept) {
    if (kept.size < MOST_KEPT) break;
    kept.delete(oldest);
  }
  const value = make();
  const made: Kept = { value, now, begun: machineSeconds(), took: 0 };
  kept.set(key, made);
  value.then(
    () => {
      made.took = machineSeconds() - made.begun;
    },
    () => {
      if (kept.get(key) === made) kept.delete(key);
    },
  );
  return value;
}
