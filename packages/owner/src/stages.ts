/** A stretch of work with an end in sight: it begins, comes forward, and is over however it ends. */
export type StageEvent<Stage extends string> =
  | { type: "begun"; stage: Stage }
  /** Absolute; `total` may grow while it is learnt. */
  | { type: "progress"; stage: Stage; done: number; total: number }
  | { type: "over"; stage: Stage };

/** Tell of a stage for exactly as long as `work` goes on. */
export async function inStage<Stage extends string, T>(
  onEvent: (event: StageEvent<Stage>) => void,
  stage: Stage,
  work: (update: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  onEvent({ type: "begun", stage });
  try {
    return await work((done, total) => onEvent({ type: "progress", stage, done, total }));
  } finally {
    onEvent({ type: "over", stage });
  }
}
