import type { Clock } from "@cairn/core";
import { CairnError } from "@cairn/protocol/errors";

/** A broken upload ends at the gateway when it has synced what came. */
const BUSY_SECONDS = 0.3;
const MOST_BUSY = 200;

/**
 * Ask again while the gateway still ends a broken request for the same part of an upload (`upload-busy`), for a minute.
 * @param signal ends the waiting, with its reason
 */
export async function whileBusy<T>(
  clock: Pick<Clock, "sleep">,
  ask: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof CairnError) || error.code !== "upload-busy" || tried === MOST_BUSY) throw error;
    }
    await clock.sleep(BUSY_SECONDS, signal);
    signal?.throwIfAborted();
  }
}
