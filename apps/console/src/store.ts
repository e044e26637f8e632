import { useSyncExternalStore } from "react";

/** What a module keeps for as long as the page is there. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** @returns what ends it */
  subscribe(listener: () => void): () => void;
  /** A hook. */
  use(): T;
}

export function store<T>(first: T): Store<T> {
  let now = first;
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get: () => now,
    set(next) {
      now = next;
      for (const one of listeners) one();
    },
    subscribe,
    use: () => useSyncExternalStore(subscribe, () => now),
  };
}

const leaving = new Set<() => void>();

/** Called when the user logs out, or the session ends: whoever comes next in this page sees nothing of theirs. */
export const onLeave = (forget: () => void): void => void leaving.add(forget);

/** As `store`, of things that are the user's: it is as it was at first when they leave. */
export function usersStore<T>(first: T): Store<T> {
  const one = store(first);
  onLeave(() => one.set(first));
  return one;
}

/** The user leaves: every module forgets what it has of theirs. */
export function leave(): void {
  for (const forget of leaving) forget();
}
