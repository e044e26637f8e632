import { CairnError } from "@cairn/protocol/errors";
import { keysState, onKeys } from "../../../keys/keys.ts";
import { onLeave, store } from "../../../store.ts";
import type { StorePhrase } from "./phrase.ts";

/** Where the making of a phrase is. It goes on while other pages are looked at: words that were paid for are there when one comes back. */
type PhraseWork =
  | { at: "rest"; fault?: unknown; updated?: boolean }
  | { at: "working" }
  | { at: "asked"; cost: bigint; agree: () => void; discard: () => void }
  | { at: "storing" }
  | { at: "noting" }
  /** `fault`: why it could not be noted that they are written down. */
  | { at: "shown"; made: string; fault?: unknown };

const works = store<PhraseWork>({ at: "rest" });
export const usePhraseWork = works.use;
let stopping: AbortController | undefined;

/** Words that were paid for go when the page does. */
const warn = (event: BeforeUnloadEvent) => event.preventDefault();

function become(next: PhraseWork): void {
  if (next.at === "shown") addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
  works.set(next);
}

// Whoever comes next sees no words of whom was here.
onLeave(() => {
  stopping?.abort();
  become({ at: "rest" });
});
onKeys(() => {
  if (keysState().at !== "none") return;
  stopping?.abort();
  if (works.get().at === "shown") become({ at: "rest" });
});

/** The words that are shown were written down. @param confirm notes it */
export async function restPhrase(confirm: () => Promise<void>): Promise<void> {
  const shown = works.get();
  if (shown.at !== "shown") return;
  become({ at: "noting" });
  try {
    await confirm();
    become({ at: "rest" });
  } catch (fault) {
    const state = keysState();
    if (state.at !== "held") return;
    // Noted: what is left is the end of earlier ones.
    become(state.held.phraseWrittenAt === undefined ? { ...shown, fault } : { at: "rest", fault });
  }
}

/** One at a time. @param work resolves with the words, where it made some */
export function beginPhrase(work: (options: StorePhrase) => Promise<string | undefined>): void {
  if (works.get().at !== "rest") return;
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
