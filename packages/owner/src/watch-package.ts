import type { Clock } from "@cairn/core";
import type { Gateway } from "./ports.ts";

/** How often a package is looked at while its events come, as bytes that are handed over are no event; and while they do not. */
const LOOK_SECONDS = { live: 3, alone: 1 };
/** Events come in swarms, and a look costs the gateway more than an event. */
const LEAST_SECONDS = 0.25;
/** Before the events are asked for again. */
const RECONNECT_SECONDS = 5;

export interface PackageWatch {
  /** Resolves when something happened to the package since the last look, or it is time to look all the same. */
  changed(): Promise<void>;
  stop(): void;
}

/** Say when a package is worth looking at: at its live events, and every few seconds where the gateway's socket is broken or silent. */
export function watchPackage(
  { gateway, clock }: { gateway: Pick<Gateway, "live">; clock: Pick<Clock, "sleep"> },
  id: string,
): PackageWatch {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isLive = false;
  let happened = false;
  let wake: () => void = () => undefined;
  const listen = async () => {
    while (!signal.aborted) {
      try {
        for await (const event of gateway.live(signal, () => {
          isLive = true;
          // What happened before is told to nobody.
          happened = true;
          wake();
        })) {
          if (event.package !== id) continue;
          happened = true;
          wake();
        }
      } catch {
        // Whatever is wrong with the socket, looking says what is wrong with the package.
      }
      isLive = false;
      await clock.sleep(RECONNECT_SECONDS, signal);
    }
  };
  void listen();
  return {
    async changed() {
      await clock.sleep(LEAST_SECONDS, signal);
      if (!happened) {
        const waiting = new AbortController();
        wake = () => waiting.abort();
        const end = AbortSignal.any([waiting.signal, signal]);
        await clock.sleep((isLive ? LOOK_SECONDS.live : LOOK_SECONDS.alone) - LEAST_SECONDS, end);
        wake = () => undefined;
      }
      happened = false;
    },
    stop: () => stopping.abort(),
  };
}
