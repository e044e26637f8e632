/** Over so many milliseconds: long enough to be calm, short enough to follow what happens. */
const WINDOW = 8_000;

/** Call what it gives with the bytes that are done so far. Returns bytes per second over the last 8 s; undefined for the first half second. */
export function rateOf(now: () => number = () => performance.now()): (done: number) => number | undefined {
  const seen: { at: number; done: number }[] = [];
  return (done) => {
    const at = now();
    seen.push({ at, done });
    while (seen.length > 2 && (seen[1]?.at ?? at) < at - WINDOW) seen.shift();
    const first = seen[0];
    if (first === undefined || at - first.at < 500) return undefined;
    return ((done - first.done) / (at - first.at)) * 1000;
  };
}
