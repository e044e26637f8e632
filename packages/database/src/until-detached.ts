import { setTimeout as sleep } from "node:timers/promises";
import { CairnError } from "@cairn/protocol/errors";

/** Milliseconds: on a busy machine, processes that were killed let go of their memory only once they are scheduled. */
const DETACH = { longest: 60_000, pause: 250 };

/**
 * Try `start` again while processes of the server before are still attached to its shared memory.
 * @throws what `start` throws
 */
export async function untilDetached<T>(start: () => Promise<T>, { longest, pause } = DETACH): Promise<T> {
  const end = performance.now() + longest;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const output = error instanceof CairnError ? error.details.output : undefined;
      if (!String(output).includes("pre-existing shared memory block") || performance.now() > end) throw error;
      await sleep(pause);
    }
  }
}
