import type { PackageJson } from "@cairn/client";
import { wordOf } from "../../format/word-of.ts";
import type { Mood } from "../../kit/index.ts";
import { packages as words } from "../../words/packages.ts";

const MOODS: Record<string, Mood> = {
  RECEIVING: "warn",
  COMMITTING: "warn",
  COMMITTED: "warn",
  PLACING: "warn",
  STORED: "good",
  DEGRADED: "warn",
  LOST: "bad",
};

export const moodOf = (state: string): Mood => (Object.hasOwn(MOODS, state) ? MOODS[state] : undefined) ?? "off";

/** Packages of which nothing can be got any more. */
export const isOver = (state: string): boolean => ["REMOVED", "EXPIRED", "ABANDONED"].includes(state);
/** Nothing of it is on the chain yet. */
export const isBeforeChain = (state: string): boolean => ["RECEIVING", "COMMITTING", "COMMITTED"].includes(state);
/** It has deals, or had them. */
export const isAgreed = (state: string): boolean => ["PLACING", "STORED", "DEGRADED", "LOST", "ENDING"].includes(state);

/** How a package is: what is, and why. What to do next is the API's. */
export function stateSentence({
  state,
  strength: { live, full, needed },
  cause,
}: Pick<PackageJson, "state" | "strength" | "cause">): string {
  switch (state) {
    case "STORED":
      return [words.sentence.full(full, needed), cause].filter((one) => one !== null).join(" ");
    case "DEGRADED":
    case "PLACING":
      return [words.sentence.some(live, full, needed), cause].filter((one) => one !== null).join(" ");
    case "LOST":
      return [words.sentence.lost(live, needed), cause].filter((one) => one !== null).join(" ");
    default:
      return cause ?? `${wordOf(words.states, state)}.`;
  }
}
