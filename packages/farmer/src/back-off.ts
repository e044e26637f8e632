/** Pauses between attempts at a node that does not answer. */
export interface BackOff {
  /** Whether the pause is over. */
  ready(): boolean;
  /**
   * An attempt failed; the seconds to wait, growing and scattered so that many farmers do not come back at once.
   *
   * @param limit seconds that may pass at the most
   */
  failed(limit?: number): number;
  succeeded(): void;
}

/**
 * @param first seconds of the first pause, doubled each time up to `longest`
 * @param clock seconds, going only forward
 * @param random from 0 (included) to 1 (excluded): a pause is from half to the whole of its length
 */
export function createBackOff(first: number, longest: number, clock: () => number, random: () => number): BackOff {
  let failures = 0;
  let until = Number.NEGATIVE_INFINITY;
  return {
    ready: () => clock() >= until,
    failed(limit = longest) {
      const pause = Math.min(longest, limit, first * 2 ** Math.min(failures, 30)) * (0.5 + random() / 2);
      failures++;
      until = clock() + pause;
      return pause;
    },
    succeeded() {
      failures = 0;
      until = Number.NEGATIVE_INFINITY;
    },
  };
}
