import { constants } from "node:os";
import { END_SIGNALS } from "../cli/hang-up.ts";
import { beginWork } from "../cli/interruptible.ts";

/** npm passes a Ctrl-C on that the terminal has sent to everybody already: signals as near as this are one. */
const SAME_MILLISECONDS = 400;

/**
 * Resolves when this process is asked to end. Asked again it ends at once: children then end by themselves. From now on the process works
 * on though nobody reads its words. `patient`: it always ends in order, however often it is asked.
 */
export function stopSignal(patient = false): Promise<void> {
  beginWork();
  let asked: number | undefined;
  return new Promise((resolve) => {
    for (const signal of END_SIGNALS) {
      process.on(signal, () => {
        const now = performance.now();
        if (!patient && asked !== undefined && signal !== "SIGHUP" && now - asked > SAME_MILLISECONDS) {
          process.exit(128 + constants.signals[signal]);
        }
        asked ??= now;
        resolve();
      });
    }
  });
}
