/** What `source` yields, fetched while what came before is worked on: at most `most` wait. */
export async function* ahead<T>(source: AsyncIterable<T>, most: number): AsyncGenerator<T> {
  const waiting: T[] = [];
  let end: { error: unknown } | { error: undefined; done: true } | undefined;
  let over = false;
  let wakeReader = () => {};
  let wakeWriter = () => {};
  const pump = (async () => {
    try {
      for await (const one of source) {
        waiting.push(one);
        wakeReader();
        while (waiting.length >= most && !over) await new Promise<void>((resolve) => (wakeWriter = resolve));
        if (over) return;
      }
      end = { error: undefined, done: true };
    } catch (error) {
      end = { error };
    }
    wakeReader();
  })();
  try {
    for (;;) {
      while (waiting.length > 0) {
        const one = waiting.shift()!;
        wakeWriter();
        yield one;
      }
      if (end !== undefined) {
        if ("done" in end) return;
        throw end.error;
      }
      await new Promise<void>((resolve) => (wakeReader = resolve));
    }
  } finally {
    over = true;
    wakeWriter();
    await pump;
  }
}
