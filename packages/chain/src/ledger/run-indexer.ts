import type { FinalizedHead, Ledger, LedgerEvent } from "@cairn/core";
import { asCairnError, type CairnError } from "@cairn/protocol";

/** Blocks [from, next), all of them finalized, and the head that was final when they were read. */
export interface IndexBatch {
  from: number;
  next: number;
  events: readonly LedgerEvent[];
  head: FinalizedHead;
}

/** Whoever keeps a copy of what the chain says. */
export interface IndexTarget {
  /** Block to go on from; `deployment.deployedAt` at first. */
  cursor(): Promise<number>;
  /**
   * Take a batch and the cursor `next` in one transaction; do nothing when `from` is not the cursor. Also called without events, when blocks
   * were finalized that hold none. What it returns is not looked at.
   */
  apply(batch: IndexBatch): Promise<unknown>;
}

/** A ledger that can tell of new blocks: by `onNewHead` over a WebSocket, by `nextBlock` otherwise. */
export interface WatchableLedger extends Pick<Ledger, "events">, Partial<Pick<Ledger, "nextBlock">> {
  onNewHead?(listener: () => void): Promise<() => void>;
}

export interface IndexerOptions {
  ledger: WatchableLedger;
  target: IndexTarget;
  signal: AbortSignal;
  /** Pause where nobody tells of new blocks; 1,000 unless set. */
  pollMilliseconds?: number;
  /** Told of each failure; the batch is tried again after a pause that grows to 30 s. */
  onTrouble?: (error: CairnError, pauseMilliseconds: number) => void;
}

const LONGEST_PAUSE = 30_000;
const LONGEST_QUIET = 10_000;

/** Waits for a time, an abort or `wake`, whichever is first. */
class Alarm {
  #ring: (() => void) | undefined;
  #rung = false;

  wake(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Ends a wait that goes on, and leaves the next one alone. */
  cancel(): void {
    this.#ring?.();
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    this.#ring = undefined;
  }
}

/**
 * Hand every event of finalized blocks to `target`, once and in order, until `signal` aborts; resolves then, after the batch that is under
 * way. Failures of the chain or of the target are told and tried again from the target's own cursor.
 */
export async function runIndexer(options: IndexerOptions): Promise<void> {
  const { ledger, target, signal } = options;
  const poll = options.pollMilliseconds ?? 1000;
  const alarm = new Alarm();
  const wake = () => alarm.wake();
  signal.addEventListener("abort", wake);
  let unwatch: (() => void) | undefined;
  let failures = 0;
  /** Until there is a block after `head`. Blocks are not always final when they are made: `poll` looks again. */
  const quiet = async (head: number): Promise<void> => {
    if (ledger.nextBlock === undefined) return alarm.wait(poll);
    const woken = new AbortController();
    const next = ledger.nextBlock(head, AbortSignal.any([signal, woken.signal]));
    await Promise.race([next, alarm.wait(LONGEST_QUIET)]);
    alarm.cancel();
    woken.abort();
  };
  try {
    while (!signal.aborted) {
      try {
        unwatch ??= await ledger.onNewHead?.(wake);
        const head = await step(ledger, target, signal);
        failures = 0;
        if (head !== undefined) await quiet(head);
      } catch (thrown) {
        const pause = Math.min(LONGEST_PAUSE, poll * 2 ** failures++);
        options.onTrouble?.(asCairnError(thrown), pause);
        await alarm.wait(pause);
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    unwatch?.();
  }
}

/** One batch; the number of the finalized head if that is reached. */
async function step(ledger: WatchableLedger, target: IndexTarget, signal: AbortSignal): Promise<number | undefined> {
  const from = await target.cursor();
  const { events, next, head } = await ledger.events(from);
  if (next > from && !signal.aborted) await target.apply({ from, next, events, head });
  return next > head.number ? head.number : undefined;
}
