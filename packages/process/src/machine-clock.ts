import type { Clock } from "@cairn/core";

/** Node's timers count milliseconds in 31 bits; beyond that they fire at once. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

/** The machine's own clock. */
export const machineClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  monotonic: () => performance.now(),
  sleep(seconds, signal) {
    if (seconds <= 0 || signal?.aborted === true) return Promise.resolve();
    const end = performance.now() + seconds * 1000;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const left = () => Math.min(LONGEST_MILLISECONDS, Math.ceil(end - performance.now()));
      const look = () => {
        if (left() > 0) timer = setTimeout(look, left());
        else done();
      };
      let timer = setTimeout(look, left());
      signal?.addEventListener("abort", done);
    });
  },
};
