import { CairnError } from "@cairn/protocol/errors";
import { useSyncExternalStore } from "react";
import { keysState, onKeys } from "../../../keys/keys.ts";
import type { StorePhrase } from "./phrase.ts";

/** Where the making of a phrase is. It goes on while other pages are looked at: words that were paid for are there when one comes back. */
export type PhraseWork =
  | { at: "rest"; fault?: unknown; updated?: boolean }
  | { at: "working" }
  | { at: "asked"; cost: bigint; agree: () => void; discard: () => void }
  | { at: "storing" }
  | { at: "shown"; made: string };

let now: PhraseWork = { at: "rest" };
const listeners = new Set<() => void>();

function become(next: PhraseWork): void {
  now = next;
  for (const one of listeners) one();
}

export const usePhraseWork = (): PhraseWork =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );

/** The words were written down, or are not to be shown any more. */
export const restPhrase = (): void => become({ at: "rest" });

let stopping: AbortController | undefined;
// Whoever comes next sees no words of whom was here.
onKeys(() => {
  if (keysState().at === "held") return;
  stopping?.abort();
  if (now.at === "shown") become({ at: "rest" });
});

/** One at a time. @param work resolves with the words, where it made some */
export function beginPhrase(work: (options: StorePhrase) => Promise<string | undefined>): void {
  if (now.at !== "rest") return;
  stopping = new AbortController();
  const { signal } = stopping;
  const agree = (cost: bigint) =>
    new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(declined()), { once: true });
      become({
        ...{ at: "asked", cost },
        agree() {
          become({ at: "storing" });
          resolve();
        },
        discard: () => reject(declined()),
      });
    });
  become({ at: "working" });
  work({ agree, signal }).then(
    (made) => {
      if (signal.aborted) become({ at: "rest" });
      else become(made === undefined ? { at: "rest", updated: true } : { at: "shown", made });
    },
    (fault: unknown) => {
      const isDeclined = fault instanceof CairnError && fault.code === "declined";
      become(isDeclined ? { at: "rest" } : { at: "rest", fault });
    },
  );
}

const declined = (): CairnError =>
  new CairnError("declined: nothing was stored or paid", { code: "declined", kind: "conflict" });
