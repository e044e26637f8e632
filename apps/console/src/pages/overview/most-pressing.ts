import type { Mood } from "../../kit/index.ts";

const RANK: Record<Mood, number> = { bad: 0, warn: 1, off: 2, good: 3 };

/** The worst first, in the order given where they are equally bad. @returns at most `most`, and how many there are beyond them */
export function mostPressing<T extends { mood: Mood }>(
  needs: readonly T[],
  most: number,
): { shown: T[]; more: number } {
  const sorted = needs.toSorted((a, b) => RANK[a.mood] - RANK[b.mood]);
  return { shown: sorted.slice(0, most), more: Math.max(0, sorted.length - most) };
}
