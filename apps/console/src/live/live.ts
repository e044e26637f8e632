import type { EventJson, LiveMessageJson } from "@cairn/client";
import { useEffect, useSyncExternalStore } from "react";
import { client } from "../api/client.ts";
import { queryClient } from "../api/query-client.ts";
import { sessionIsOver } from "../session/session.ts";

type LiveState = "connecting" | "live" | "away";

/** Events that come within so many milliseconds make one round of questions. */
const COALESCE_MILLISECONDS = 500;
const PAUSES = { first: 500, longest: 10_000 };

let state: LiveState = "connecting";
const listeners = new Set<() => void>();
const followers = new Set<(event: EventJson) => void>();

function become(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const one of listeners) one();
}

/** The concerns (first part of a query's key) that an event makes stale. */
export function concernsOf(event: Pick<EventJson, "package" | "provider" | "deal" | "kind">): string[] {
  return [
    "events",
    ...(event.package === null ? [] : ["packages", "package", "deals", "statement", "account"]),
    ...(event.deal === null ? [] : ["deals"]),
    ...(event.provider === null ? [] : ["providers"]),
    ...(/wallet|transfer|deposit|faucet/.test(event.kind) ? ["wallets", "account", "statement", "history"] : []),
  ];
}

/** As `concernsOf`, of any message of the live socket. */
function concernsOfMessage(message: LiveMessageJson): string[] {
  if (message.type === "event") return concernsOf(message.event);
  switch (message.type) {
    case "notice":
      return ["notices"];
    case "transfer":
      return ["transfers", "account", "history"];
    case "figures":
      // Coins move without an event of the contracts.
      return ["account"];
    default:
      return [];
  }
}

/** Ask anew for what is shown of these concerns, and for the rest when it is shown again. */
export function invalidate(concerns: Iterable<string>): void {
  for (const concern of new Set(concerns)) void queryClient.invalidateQueries({ queryKey: [concern] });
}

/** Follows the gateway's events until the signal ends; comes back by itself when the connection is lost. */
export async function followLive(signal: AbortSignal): Promise<void> {
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    invalidate(stale);
    stale.clear();
  };
  let pause = PAUSES.first;
  let before = false;
  while (!signal.aborted) {
    try {
      const opened = () => {
        pause = PAUSES.first;
        become("live");
        // What happened while nobody listened is not sent again.
        if (before) void queryClient.invalidateQueries();
        before = true;
      };
      for await (const message of client.liveMessages(signal, opened)) {
        if (message.type === "event") for (const one of followers) one(message.event);
        // It is the whole answer already.
        if (message.type === "figures") queryClient.setQueryData(["figures", "now"], message.figures);
        for (const one of concernsOfMessage(message)) stale.add(one);
        timer ??= setTimeout(flush, COALESCE_MILLISECONDS);
      }
    } catch {
      // Said by the lamp; queries say what is wrong.
    }
    if (signal.aborted) break;
    become("away");
    // A socket does not say why it was refused; that the session has ended is shown at once.
    await client.whoAmI().catch(sessionIsOver);
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(PAUSES.longest, pause * 2);
  }
  clearTimeout(timer);
}

/** Whether events arrive. */
export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );

/** Calls `onEvent` (keep it with useCallback) for every event while the component is shown. */
export function useLive(onEvent: (event: EventJson) => void): void {
  useEffect(() => {
    followers.add(onEvent);
    return () => {
      followers.delete(onEvent);
    };
  }, [onEvent]);
}
