/** How long an answer is given again. */
const SECOND = 1000;
/** Who asks does not wait longer for what an earlier one asked: it may never come. */
const LONGEST_WAIT = 5000;

/**
 * The same answer to everybody who asks while it is being found, and for a second after: what it costs does not grow with how many ask. A
 * failure is given to those who waited for it alone.
 *
 * @param now monotonic milliseconds
 */
export function briefly<T>(ask: () => Promise<T>, now: () => number = () => performance.now()): () => Promise<T> {
  let last: { answer: Promise<T>; askedAt: number; foundAt: number | undefined } | undefined;
  return () => {
    if (last !== undefined) {
      const fresh = last.foundAt === undefined ? now() - last.askedAt < LONGEST_WAIT : now() - last.foundAt < SECOND;
      if (fresh) return last.answer;
    }
    const asked = { answer: ask(), askedAt: now(), foundAt: undefined as number | undefined };
    last = asked;
    asked.answer.then(
      () => {
        asked.foundAt = now();
      },
      () => {
        if (last === asked) last = undefined;
      },
    );
    return asked.answer;
  };
}
