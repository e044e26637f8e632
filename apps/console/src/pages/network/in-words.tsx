import type { ListedProviderJson } from "@cairn/client";
import { describeHours } from "@cairn/core/coverage";
import { State } from "../../kit/index.ts";
import { network as words } from "../../words/network.ts";

/** Of 168 hours in words. */
export function hoursInWords(hours: readonly number[]): string {
  const on = hours.flatMap((is, hour) => (is === 1 ? [hour] : []));
  return on.length === hours.length ? words.week.always : describeHours(on);
}

/** What it is doing now: whether it is connected, and why not. */
export const stateOf = ({
  connected,
  cause,
  awakeNow,
}: Pick<ListedProviderJson, "connected" | "cause" | "awakeNow">) => (
  <State mood={connected ? (cause === null ? "good" : "warn") : awakeNow ? "bad" : "off"}>
    {cause ?? (connected ? words.connected : words.away)}
  </State>
);
