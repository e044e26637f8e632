import { setTimeout as sleep } from "node:timers/promises";
import { CairnError } from "@cairn/protocol/errors";

/** Wait so that no more than `bytesPerSecond` go by on average; call it with each part's length. */
export function paceOf(bytesPerSecond: number | undefined, signal: AbortSignal): (bytes: number) => Promise<void> {
  if (bytesPerSecond === undefined) return async () => undefined;
  let due = performance.now();
  return async (bytes) => {
    const now = performance.now();
    // Time that was not used is not made up for later.
    due = Math.max(due, now) + (bytes / bytesPerSecond) * 1000;
    if (due > now) await sleep(due - now, undefined, { signal });
  };
}

const UNITS: Record<string, number | undefined> = {
  "": 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 1024,
  mi: 1_048_576,
  gi: 1_073_741_824,
};

/** Bytes a second of such as `500kB`, `2MiB` or `1000000`. Throws `bad-rate`. */
export function parseRate(text: string): number {
  const match = /^(\d{1,12}(?:\.\d+)?)\s*([kmg]i?)?b?$/i.exec(text.trim());
  const rate = Number(match?.[1]) * (UNITS[(match?.[2] ?? "").toLowerCase()] ?? Number.NaN);
  if (rate >= 1) return rate;
  throw new CairnError(`"${text}" is not a rate`, {
    code: "bad-rate",
    kind: "input",
    next: "Give bytes a second, such as 500kB or 2MiB.",
  });
}
