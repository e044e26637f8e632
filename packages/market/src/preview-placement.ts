import { shardLength } from "@cairn/archive/erasure";
import {
  countryOf,
  describeRule,
  hasRoom,
  judgeCandidates,
  type PlacementRule,
  type PlacementTerms,
  periodsFor,
  pricePerPeriod,
  type Selected,
  shardsOf,
} from "@cairn/core";
import { asCairnError, type CairnError, DAY, GIB, type Money } from "@cairn/protocol";
import { type Absence, type MarketCandidate, registeredCandidates } from "./candidates.ts";
import type { Context } from "./context.ts";
import { checkTerms, pieceLimit } from "./open-package.ts";
import { selectPlaces } from "./select-places.ts";
import type { LeftOutBy, PlacementPreview, PreviewedProvider, PreviewRequest } from "./types.ts";

const ABSENCES: Record<Absence, string> = {
  retired: "takes no new deals",
  withholds: "holds a shard of this gateway and does not let it be read or repaired",
  away: "is not connected to this gateway now",
};

/**
 * What a put by these settings would meet now: who qualifies, which rule leaves out each of the others, and what it would cost by registered prices.
 * The rules and the choice are those of placement itself (`judgeCandidates`, `selectPlaces`); nobody is asked and nothing is kept.
 * @throws CairnError `bad-package`, `bad-placement`
 */
export async function previewPlacement(
  context: Pick<Context, "pool" | "verifierSet" | "chainNow" | "transport" | "profile" | "pieceLimit" | "deployment">,
  request: PreviewRequest,
): Promise<PlacementPreview> {
  checkTerms(request);
  const { k, n, days, placement = {}, bytes = GIB } = request;
  const lengths = pieceLengths(Math.max(1, bytes), pieceLimit(context, k));
  const rawLength = shardLength(lengths.first, k);
  const all = await registeredCandidates(context);
  const present = all.filter(({ absent }) => absent === undefined);
  const { qualified, leftOut } = judgeCandidates(placement, shardsOf(n), present);
  const roomy = qualified.filter((candidate) => hasRoom(candidate, rawLength));
  const rules = new Map<string, LeftOutBy>([
    ...all.flatMap(({ provider, absent }) => (absent === undefined ? [] : [[provider, absent] as const])),
    ...leftOut.map(({ candidate, rule }) => [candidate.provider, rule] as const),
    ...qualified.flatMap((one) => (roomy.includes(one) ? [] : [[one.provider, "full"] as const])),
  ]);
  const broken = leftOut.map(({ rule }) => rule);
  const chosen = choose(context, { k, n, placement, rawLength, roomy, broken });
  const selected = "chosen" in chosen ? chosen : undefined;
  const shardOf = new Map(selected?.chosen.map(({ provider }, shard) => [provider, shard]));
  const costOf = costing(context, { k, days, lengths });
  const byPrice = roomy.toSorted((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0));
  const sumOf = (these: readonly MarketCandidate[]) =>
    these.length < n ? null : these.reduce((sum, one) => sum + costOf(one), 0n);
  const providers = all.map((one): PreviewedProvider => {
    const rule = rules.get(one.provider) ?? null;
    return {
      provider: one.provider,
      region: one.region,
      country: countryOf(one.region) ?? null,
      price: one.price,
      score: one.score,
      newcomer: one.newcomer === true,
      rule,
      reason: rule === null ? null : `It ${reasonOf(placement, rule)}.`,
      avoided: one.distrust > 0,
      shard: shardOf.get(one.provider) ?? null,
    };
  });
  const known = new Map(all.map((one) => [one.provider, one]));
  return {
    summary: `${roomy.length} of ${all.length} ${all.length === 1 ? "provider" : "providers"} ${roomy.length === 1 ? "qualifies" : "qualify"}${selected ? "" : `, too few for ${n} ${k === 1 ? "copies" : "shards"}`}.`,
    registered: all.length,
    qualified: roomy.length,
    needed: n,
    enough: selected !== undefined,
    cause: selected ? null : (chosen as CairnError).message,
    next: selected ? null : ((chosen as CairnError).next ?? null),
    providers: providers.toSorted(
      (a, b) =>
        Number(a.rule !== null) - Number(b.rule !== null) || (a.price < b.price ? -1 : a.price > b.price ? 1 : 0),
    ),
    uncovered: selected?.uncovered ?? [],
    price: {
      bytes,
      days,
      expected: selected ? sumOf(selected.chosen.map(({ provider }) => known.get(provider)!)) : null,
      least: sumOf(byPrice.slice(0, n)),
      most: sumOf(byPrice.slice(-n)),
    },
  };
}

/** Whole pieces, and what is left for the last one. */
function pieceLengths(bytes: number, limit: number) {
  const whole = Math.floor(bytes / limit);
  return { first: Math.min(bytes, limit), limit, whole, rest: bytes - whole * limit };
}

/** What one provider gets for its shard of every piece, at its registered price. */
function costing(
  { deployment: { periodSeconds } }: Pick<Context, "deployment">,
  { k, days, lengths: { limit, whole, rest } }: { k: number; days: number; lengths: ReturnType<typeof pieceLengths> },
) {
  return ({ price, duty }: MarketCandidate): Money => {
    const periods = BigInt(periodsFor(days * DAY, periodSeconds, duty));
    const shard = (length: number) => pricePerPeriod(price, shardLength(length, k), periodSeconds) * periods;
    return (whole === 0 ? 0n : shard(limit) * BigInt(whole)) + (rest === 0 ? 0n : shard(rest));
  };
}

interface Choice {
  k: number;
  n: number;
  placement: PlacementTerms;
  rawLength: number;
  roomy: readonly MarketCandidate[];
  broken: readonly PlacementRule[];
}

/** Whom placement would ask first for the first piece, or why they are too few. */
function choose(context: Pick<Context, "profile">, choice: Choice): Selected | CairnError {
  const { k, n, placement, rawLength, roomy, broken } = choice;
  const open = shardsOf(n).map((shard) => ({ shard, rawLength }));
  try {
    return selectPlaces(
      context,
      { id: "preview", k, n, placement, state: "COMMITTED" },
      open,
      [],
      roomy,
      new Set(),
      new Map(),
      {
        refusals: [],
        rules: broken,
      },
    );
  } catch (error) {
    const known = asCairnError(error);
    if (known.code === "too-few-providers") return known;
    throw error;
  }
}

function reasonOf(placement: PlacementTerms, rule: LeftOutBy): string {
  if (rule === "full") return "has no room for a shard of this size";
  if (rule === "retired" || rule === "withholds" || rule === "away") return ABSENCES[rule];
  return describeRule(placement, rule);
}
