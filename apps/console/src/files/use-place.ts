import { useLocation } from "@tanstack/react-router";
import { useMemo, useSyncExternalStore } from "react";
import { hashOf, type Place, placeOf } from "./place.ts";

const listeners = new Set<() => void>();
const tell = () => {
  for (const one of listeners) one();
};
globalThis.addEventListener?.("hashchange", tell);
globalThis.addEventListener?.("popstate", tell);

/** Where the address says that one is. */
export function usePlace(): Place {
  // A link of the menu changes the address without an event.
  useLocation({ select: ({ href }) => href });
  const hash = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => location.hash,
  );
  return useMemo(() => placeOf(hash), [hash]);
}

/** Another place: the browser's way back leads to this one, unless it is replaced. */
export function goTo(place: Place, { replace = false }: { replace?: boolean } = {}): void {
  const address = `${location.pathname}${location.search}#${hashOf(place)}`;
  if (replace) history.replaceState(history.state, "", address);
  else location.assign(address);
  tell();
}
