/**
 * Waits until every task has ended, also where one fails early.
 * @throws the error of the only one that failed, or an AggregateError of them all
 */
export async function allEnded(tasks: readonly Promise<unknown>[]): Promise<void> {
  const errors = (await Promise.allSettled(tasks)).flatMap((ended) =>
    ended.status === "rejected" ? [ended.reason as unknown] : [],
  );
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} tasks failed`);
}
