import type { PackageJson } from "@cairn/client";
import { wordOf } from "../../format/word-of.ts";
import type { Mood } from "../../kit/index.ts";
import { namesCommand } from "../../words/advice.ts";
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

type Advised = Pick<PackageJson, "state" | "next">;

/** What to do next, in words of the console. */
export const nextOf = ({ state, next }: Advised): string | null =>
  next !== null && namesCommand(next) ? (words.nexts[state] ?? next) : next;

/** How the API begins what goes on by itself. */
const BY_ITSELF = /^(Wait[.;]|Nothing\b|It (is|will be) |A copy is |The proposal is )/;

/** Whether it waits for the person, and not for what goes on by itself. */
export const needsPerson = ({ state, next }: Advised): boolean =>
  next !== null && moodOf(state) !== "good" && !BY_ITSELF.test(next);

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
