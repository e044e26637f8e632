const KEYS = 200;

/**
 * Lets a line through once per `seconds` for each key, with how many like it were left out since: what strangers do over and over does not
 * fill the log. At most 200 keys are told apart in that time; the rest share one.
 *
 * @param now monotonic milliseconds
 */
export function sampleLog(
  seconds = 60,
  now: () => number = () => performance.now(),
): (key: string, write: (omitted: number) => void) => void {
  const seen = new Map<string, { at: number; omitted: number }>();
  return (asked, write) => {
    const at = now();
    let key = asked;
    if (!seen.has(key) && seen.size >= KEYS) {
      for (const [old, entry] of seen) if (at - entry.at >= seconds * 1000) seen.delete(old);
      if (seen.size >= KEYS) key = "";
    }
    const entry = seen.get(key);
    if (entry !== undefined && at - entry.at < seconds * 1000) {
      entry.omitted += 1;
      return;
    }
    seen.set(key, { at, omitted: 0 });
    write(entry?.omitted ?? 0);
  };
}
