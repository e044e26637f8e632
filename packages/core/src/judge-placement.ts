import { canBePlaced, roomsOf } from "./can-be-placed.ts";
import { countriesFor, type Placeable, type PlacementRule, type PlacementTerms, ruleAgainst } from "./placement.ts";

/** Who may have shards under an owner's terms, and the rule that leaves out each of the others. */
export interface Judged<C extends Placeable> {
  qualified: C[];
  leftOut: { candidate: C; rule: PlacementRule }[];
}

/** Every candidate held against the terms, in the order given. Placement, the first look before an upload and the preview of settings use it. Pure. */
export function judgeCandidates<C extends Placeable>(
  terms: PlacementTerms,
  shards: readonly number[],
  candidates: readonly C[],
): Judged<C> {
  const judged: Judged<C> = { qualified: [], leftOut: [] };
  for (const candidate of candidates) {
    const rule = ruleAgainst(terms, shards, candidate);
    if (rule === undefined) judged.qualified.push(candidate);
    else judged.leftOut.push({ candidate, rule });
  }
  return judged;
}

/** Positions of the n shards of a piece. */
export const shardsOf = (n: number): number[] => Array.from({ length: n }, (_, shard) => shard);

/**
 * What keeps those that qualify from holding the n shards of a piece, one each: `few`, or `countries` where one of these has fewer providers than
 * shards that are bound to it. Undefined where nothing does. Pure.
 */
export function shortOf(
  terms: PlacementTerms,
  n: number,
  qualified: readonly Placeable[],
): "few" | "countries" | undefined {
  if (qualified.length < n) return "few";
  const places = shardsOf(n).map((shard) => countriesFor(terms, shard));
  return canBePlaced(places, roomsOf(qualified)) ? undefined : "countries";
}
