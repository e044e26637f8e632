import { describe, expect, it } from "vitest";
import type { Clock } from "./clock.ts";

/** A clock and the way to let `seconds` of its time pass; waiting, where it is the machine's. */
export interface ClockHarness {
  clock: Clock;
  pass(seconds: number): Promise<void>;
}

/** A signal that knows who listens to it. */
function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners.add(given[1]);
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    listeners.delete(given[1]);
    remove(...given);
  };
  return { signal, listeners, abort: () => controller.abort(new Error("enough")) };
}

/** Longer than a 32-bit count of milliseconds: timers of the machine take such a wait for none at all. */
const FORTY_DAYS = 40 * 86_400;

async function isDone(sleeping: Promise<void>): Promise<boolean> {
  return Promise.race([sleeping.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 20, false))]);
}

/** What every Clock does. */
export function clockSuite(name: string, open: () => ClockHarness): void {
  describe(`Clock: ${name}`, () => {
    it("goes on, in whole seconds and without going back", async () => {
      const { clock, pass } = open();
      const [now, before] = [clock.now(), clock.monotonic()];
      expect(Number.isSafeInteger(now)).toBe(true);
      await pass(1.1);
      expect(clock.now()).toBeGreaterThan(now);
      expect(clock.monotonic() - before).toBeGreaterThanOrEqual(1000);
    });

    it("sleeps no shorter than it was told", async () => {
      const { clock, pass } = open();
      const before = clock.monotonic();
      const sleeping = clock.sleep(0.3);
      expect(await isDone(sleeping)).toBe(false);
      await pass(0.4);
      await sleeping;
      expect(clock.monotonic() - before).toBeGreaterThanOrEqual(299);
    });

    it("sleeps no time at all for none, or less", async () => {
      const { clock } = open();
      await clock.sleep(0);
      await clock.sleep(-5);
    });

    it("sleeps on for longer than a machine's timer can count", async () => {
      const { clock } = open();
      const { signal, abort } = watchedSignal();
      const sleeping = clock.sleep(FORTY_DAYS, signal);
      expect(await isDone(sleeping)).toBe(false);
      abort();
      await sleeping;
    });

    it("wakes at once when the signal aborts, and does not begin when it has", async () => {
      const { clock } = open();
      const { signal, abort } = watchedSignal();
      const sleeping = clock.sleep(1000, signal);
      abort();
      await sleeping;
      await clock.sleep(1000, signal);
    });

    it("leaves no listener behind, however it ends", async () => {
      const { clock, pass } = open();
      const { signal, listeners, abort } = watchedSignal();
      for (let i = 0; i < 20; i += 1) {
        const sleeping = clock.sleep(0.001, signal);
        await pass(0.002);
        await sleeping;
        expect(listeners.size).toBe(0);
      }
      const sleeping = clock.sleep(1000, signal);
      expect(listeners.size).toBe(1);
      abort();
      await sleeping;
      await clock.sleep(1000, signal);
      expect(listeners.size).toBe(0);
    });
  });
}
