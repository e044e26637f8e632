import { eventsAbi } from "@cairn/contracts";
import type { Hex } from "@cairn/protocol";
import { type AbiEvent, toEventSelector } from "viem";

/**
 * Events that come again and again as long as deals live, and whose effect stands in the contracts: what a period was, who voted, what was paid.
 * A chain that is no archive forgets them in time; whoever begins to index then does without. Every other event lasts.
 */
const PASSING = new Set([
  "PeriodOpened",
  "SeedDrawn",
  "Voted",
  "PeriodFinalized",
  "PossessionProven",
  "WorkLogged",
  "DealPaid",
]);

const events = (eventsAbi as readonly { type: string }[]).filter(({ type }) => type === "event") as AbiEvent[];
const topicsOf = (some: readonly AbiEvent[]): Hex[] => [...new Set(some.map((event) => toEventSelector(event)))];

export const PASSING_TOPICS = topicsOf(events.filter(({ name }) => PASSING.has(name)));
export const LASTING_TOPICS = topicsOf(events.filter(({ name }) => !PASSING.has(name)));
