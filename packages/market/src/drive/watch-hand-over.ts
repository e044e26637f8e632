import { CairnError, type DealId } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { HandOverPlace } from "../hand-over-places.ts";

/** A provider that reads fewer bytes a second than this counts as slow. */
export const SLOWEST_BYTES_PER_SECOND = 500_000;
/** How often a hand-over is looked at. One that was slow from one look to the next goes on without a place, so that it holds up nobody. */
const LOOK_SECONDS = 15;
/** A provider tries for two minutes to reach its source again (its `answer-store.ts`); after that a still one has given up. */
const STALLED_SECONDS = 120;
/** Looks are counted, not time: a machine that slept for long has seen nothing. */
const STALLED_LOOKS = STALLED_SECONDS / LOOK_SECONDS;

type Watched = Pick<Context, "clock" | "handed">;

/**
 * Run a hand-over, and look at how far its provider gets meanwhile: a slow one gives its place up, one that takes nothing for two minutes is
 * ended with `provider-timeout`.
 */
export async function watchHandOver<T>(
  { clock, handed }: Watched,
  deal: DealId,
  place: HandOverPlace | undefined,
  signal: AbortSignal,
  handOver: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const stalled = new AbortController();
  const watch = async () => {
    let passed = handed.passed(deal);
    for (let still = 0; still < STALLED_LOOKS; ) {
      await clock.sleep(LOOK_SECONDS, ended.signal);
      if (ended.signal.aborted) return;
      const reached = handed.passed(deal);
      if (reached - passed < LOOK_SECONDS * SLOWEST_BYTES_PER_SECOND) place?.giveUp();
      still = reached === passed ? still + 1 : 0;
      passed = reached;
    }
    stalled.abort(stillFor(STALLED_SECONDS));
  };
  void watch();
  try {
    return await handOver(AbortSignal.any([signal, stalled.signal]));
  } catch (error) {
    if (stalled.signal.aborted && !signal.aborted) throw stalled.signal.reason;
    throw error;
  } finally {
    ended.abort();
  }
}

function stillFor(seconds: number): CairnError {
  return new CairnError(`the provider took nothing of its shard for ${seconds} s`, {
    code: "provider-timeout",
    kind: "unavailable",
    next: "Nothing: it is asked again, and then another provider.",
  });
}
