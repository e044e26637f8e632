import type { Notice } from "./context.ts";

const QUIET_MILLISECONDS = 600_000;
/** Keys that are remembered; the oldest are forgotten first. */
const MAX_KEYS = 4096;

/** `tell`, at most once in ten minutes under one key; what could not be recorded is told again. */
export function tellOnce(
  tell: (notice: Notice) => Promise<void>,
  now: () => number = Date.now,
): (key: string, notice: Notice) => Promise<void> {
  const told = new Map<string, number>();
  return async (key, notice) => {
    const last = told.get(key);
    if (last !== undefined && now() - last < QUIET_MILLISECONDS) return;
    told.delete(key);
    told.set(key, now());
    for (const oldest of told.keys()) {
      if (told.size <= MAX_KEYS) break;
      told.delete(oldest);
    }
    try {
      await tell(notice);
    } catch (error) {
      told.delete(key);
      throw error;
    }
  };
}
