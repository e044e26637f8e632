import { asCairnError, CairnError, type DealId, type Seconds } from "@cairn/protocol";
import type { Context } from "../context.ts";
import type { HandOverPlace } from "../hand-over-places.ts";
import { LOOK_SECONDS } from "../own-line.ts";

/** A provider tries for two minutes to reach its source again (its `answer-store.ts`); after that a still one has given up. */
const STALLED_SECONDS = 120;
/** Looks are counted, not time: a machine that slept for long has seen nothing. */
const STALLED_LOOKS = STALLED_SECONDS / LOOK_SECONDS;

type Watched = Pick<Context, "clock" | "handed">;

/**
 * Run a hand-over, and look at how far its provider gets meanwhile: a slow one gives its place up, one that takes nothing for two minutes, or not all
 * within `limitSeconds`, is ended with `provider-timeout`. What it waits for this gateway's own line does not count (own-line.ts); where it was that which
 * left it too little time, the request's own time-out becomes `gateway-busy`, which is nobody's fault. So it is where several hand-overs stand still
 * and nothing has passed to anybody since the last byte of this one: the line may be dead. Who stands still alone, or while others go on, is not excused.
 */
export async function watchHandOver<T>(
  { clock, handed }: Watched,
  deal: DealId,
  { place, limitSeconds, signal }: { place: HandOverPlace | undefined; limitSeconds: Seconds; signal: AbortSignal },
  handOver: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { line } = handed;
  const ended = new AbortController();
  const failed = new AbortController();
  let heldUp = false;
  let dead = false;
  const watch = async () => {
    let [passed, all] = [handed.passed(deal), handed.all];
    let spent = 0;
    // Since its last byte: whether others took any, and whether there were others.
    let [passedBy, together] = [false, false];
    for (let still = 0; still < STALLED_LOOKS; ) {
      await clock.sleep(LOOK_SECONDS, ended.signal);
      if (ended.signal.aborted) return;
      const [reached, allReached] = [handed.passed(deal), handed.all];
      const look = {
        own: (reached - passed) / LOOK_SECONDS,
        all: (allReached - all) / LOOK_SECONDS,
        now: clock.monotonic(),
      };
      line.see(look);
      if (line.isToGiveUp(look)) place?.giveUp();
      heldUp = line.isHeldUp(look);
      if (look.own > 0) [passedBy, together] = [false, false];
      else if (look.all > 0) passedBy = true;
      together ||= line.running > 1;
      dead = together && !passedBy && line.mayBeDead(look);
      if (!heldUp) spent += LOOK_SECONDS;
      if (spent > limitSeconds) return failed.abort(timedOut(`all of its shard within ${limitSeconds} s`));
      still = reached === passed ? still + 1 : 0;
      [passed, all] = [reached, allReached];
    }
    const late = timedOut(`anything of its shard for ${STALLED_SECONDS} s`);
    failed.abort(dead ? lineDead(late) : late);
  };
  line.begin(clock.monotonic());
  void watch();
  try {
    return await handOver(AbortSignal.any([signal, failed.signal]));
  } catch (error) {
    if (signal.aborted) throw error;
    if (failed.signal.aborted) throw failed.signal.reason;
    if (asCairnError(error).code !== "provider-timeout") throw error;
    throw dead ? lineDead(error) : heldUp ? ownLineFull(error) : error;
  } finally {
    ended.abort();
    line.end(clock.monotonic());
  }
}

function timedOut(what: string): CairnError {
  return new CairnError(`the provider did not take ${what}`, {
    code: "provider-timeout",
    kind: "unavailable",
    next: "Nothing: it is asked again, and then another provider.",
  });
}

function ownLineFull(cause: unknown): CairnError {
  return new CairnError("this gateway's own line is full: the shard could not be handed over in time", {
    code: "gateway-busy",
    kind: "unavailable",
    next: "Nothing: it is handed over again. Put fewer packages at once, or give the gateway a quicker line.",
    cause,
  });
}

function lineDead(cause: unknown): CairnError {
  return new CairnError("nothing passed to any provider: this gateway's own line may be dead", {
    code: "gateway-busy",
    kind: "unavailable",
    next: "Look at the gateway's line; the shard is handed over again.",
    cause,
  });
}
