import type { Certificate } from "./certificate.ts";
import type { DealReport } from "./verify-certificate.ts";

/** Periods in which some piece could not have been restored from the shards that were proved in them. */
export interface Gap {
  from: number;
  to: number;
  /** The pieces, ascending; at most some of them are named. */
  pieces: number[];
}

/** Pieces that a gap names. */
const NAMED = 8;

/**
 * From when until when k different shards of every certified piece were proved, and in which periods between they were not. Periods off duty
 * count as held, except within a span that was not proved.
 */
export function findGaps(
  { pieces }: Certificate,
  deals: readonly DealReport[],
  k: number,
): { from: number; to: number; gaps: Gap[] } | undefined {
  const byPiece = Map.groupBy(deals, ({ piece }) => piece);
  const held = pieces.map(({ piece }) => ({ piece, ranges: restorable(byPiece.get(piece) ?? [], k) }));
  if (held.length === 0 || held.some(({ ranges }) => ranges.length === 0)) return undefined;
  const from = held.reduce((most, { ranges }) => Math.max(most, ranges[0]!.from), 0);
  const to = deals.reduce((most, deal) => Math.max(most, deal.to), from);
  const missing = held.flatMap(({ piece, ranges }) => between(ranges, from, to).map((gap) => ({ ...gap, piece })));
  return { from, to, gaps: joined(missing) };
}

interface Range {
  from: number;
  to: number;
}

/** The periods in which at least k different shards were held, under whichever of their deals: several holders of one shard are worth one. */
function restorable(deals: readonly DealReport[], k: number): Range[] {
  const edges: { at: number; by: number }[] = [];
  for (const ofShard of Map.groupBy(deals, ({ shard }) => shard).values()) {
    const held = ofShard.flatMap(({ gaps, from, to }) => between(gaps, from, to));
    for (const { from, to } of united(held)) edges.push({ at: from, by: 1 }, { at: to + 1, by: -1 });
  }
  // What ends goes before what begins: a range that ends where the next begins is put together with it below.
  edges.sort((a, b) => a.at - b.at || a.by - b.by);
  const ranges: Range[] = [];
  let live = 0;
  let begun = 0;
  for (const { at, by } of edges) {
    if (live < k && live + by >= k) {
      const last = ranges.at(-1);
      // One ends where the next begins: no period lies between.
      if (last !== undefined && last.to === at - 1) {
        begun = last.from;
        ranges.pop();
      } else begun = at;
    } else if (live >= k && live + by < k) ranges.push({ from: begun, to: at - 1 });
    live += by;
  }
  return ranges;
}

/** The same periods in ascending ranges that do not touch. */
function united(ranges: readonly Range[]): Range[] {
  const one: Range[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = one.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else one.push({ from, to });
  }
  return one;
}

/** What of `from` … `to` lies in none of some ascending ranges. */
function between(ranges: readonly Range[], from: number, to: number): Range[] {
  const left: Range[] = [];
  let next = from;
  for (const range of ranges) {
    if (range.from > next && next <= to) left.push({ from: next, to: Math.min(to, range.from - 1) });
    next = Math.max(next, range.to + 1);
  }
  if (next <= to) left.push({ from: next, to });
  return left;
}

/** Gaps of single pieces as one list in which none overlaps another. */
function joined(missing: readonly (Range & { piece: number })[]): Gap[] {
  const gaps: (Range & { pieces: Set<number> })[] = [];
  for (const { from, to, piece } of missing.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    const last = gaps.at(-1);
    if (last !== undefined && from <= last.to + 1) {
      last.to = Math.max(last.to, to);
      if (last.pieces.size < NAMED) last.pieces.add(piece);
    } else gaps.push({ from, to, pieces: new Set([piece]) });
  }
  return gaps.map(({ pieces, ...range }) => ({ ...range, pieces: [...pieces].toSorted((a, b) => a - b) }));
}
