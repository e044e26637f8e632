import type { PackageDetailJson } from "@cairn/client";
import type { Clock } from "@cairn/core";
import { lie } from "./gateway-lies.ts";
import { untilInterrupted } from "./interrupted.ts";
import type { Gateway } from "./ports.ts";
import { watchPackage } from "./watch-package.ts";

interface FollowPorts {
  gateway: Pick<Gateway, "package" | "live">;
  clock: Pick<Clock, "sleep">;
}

/** Watch an agreed package's deals come alive, until it is PLACING no more. The network goes on by itself if this is stopped. */
export async function followPlacing(
  { gateway, clock }: FollowPorts,
  id: string,
  { signal, update }: { signal: AbortSignal; update: (done: number, total: number) => void },
): Promise<PackageDetailJson> {
  const watch = watchPackage({ gateway, clock }, id);
  try {
    for (;;) {
      const status = await untilInterrupted(signal, gateway.package(id));
      if (status.id !== id) throw lie("id", status.id, id, "The package may not be stored.");
      const { done, total } = handOver(status);
      update(done, total);
      if (status.state !== "PLACING") return status;
      await untilInterrupted(signal, watch.changed());
    }
  } finally {
    watch.stop();
  }
}

/** Each byte of the shards counts once: half of it when it is handed over, half when it is proved. */
export function handOver({ slots, handedOver }: Pick<PackageDetailJson, "slots" | "handedOver">): {
  done: number;
  total: number;
} {
  const all = slots.reduce((sum, { rawLength }) => sum + rawLength, 0);
  const proved = slots.reduce((sum, { state, rawLength }) => (state === "ACTIVE" ? sum + rawLength : sum), 0);
  return { done: (handedOver + proved) / 2, total: all };
}

const COMMITMENTS_SECONDS = 1;

/**
 * Tell the gateway's progress while it computes a package's commitments, until `committing` is done. Of them there are no events, so it is
 * asked for; progress of another stage is not told.
 */
export async function followCommitments<T>(
  { gateway, clock }: { gateway: Pick<Gateway, "package">; clock: Pick<Clock, "sleep"> },
  id: string,
  committing: Promise<T>,
  update: (done: number, total: number) => void,
): Promise<T> {
  const settled = new AbortController();
  const outcome = committing.finally(() => settled.abort());
  outcome.catch(() => undefined);
  while (!settled.signal.aborted) {
    const status = await Promise.race([gateway.package(id).catch(() => undefined), outcome.then(nothing, nothing)]);
    if (status?.state === "COMMITTING") update(status.progress.done, status.progress.total);
    await clock.sleep(COMMITMENTS_SECONDS, settled.signal);
  }
  return outcome;
}

const nothing = () => undefined;
