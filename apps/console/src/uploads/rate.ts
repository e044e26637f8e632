/** Over so many milliseconds: long enough to be calm, short enough to follow what happens. */
const WINDOW = 8_000;

/** How fast something comes forward: call it with what is done so far, it answers the amount a second, and undefined until that can be said. */
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
