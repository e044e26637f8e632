/** Run `work` on every item, at most `places` at once; every item is worked on even when one throws, and the first error is thrown then. */
export async function eachBounded<T>(
  items: readonly T[],
  places: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const errors: unknown[] = [];
  const worker = async () => {
    for (const item of queue) {
      await work(item).catch((error: unknown) => {
        errors.push(error);
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(places, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
}
