import { expect, it } from "vitest";
import type { FoundBundle } from "./find-bundle.ts";
import { nextSequence } from "./keep-bundle.ts";

const read = (...sequences: number[]) =>
  sequences.map((sequence) => ({ bundle: { sequence } as FoundBundle["bundle"] }));
const NOW = 1_763_000_000;

it("numbers a bundle above one that cannot be read when it is made, and above one that was read whatever clocks say", () => {
  const first = nextSequence([], NOW);
  // Its provider is away: nothing is read.
  expect(nextSequence([], NOW + 60)).toBeGreaterThan(first);
  // As versions before numbered them.
  expect(nextSequence([], NOW)).toBeGreaterThan(5);
  expect(nextSequence(read(first, 3), NOW - 86_400)).toBe(first + 1);
});
