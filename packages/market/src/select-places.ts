import {
  countriesFor,
  describeLeftOut,
  type PlacementRule,
  type PlacementTerms,
  type Selected,
  selectProviders,
} from "@cairn/core";
import { type Address, CairnError } from "@cairn/protocol";
import type { MarketCandidate } from "./candidates.ts";
import type { Context } from "./context.ts";

/** The package that shards are placed for: one that there is, or one that settings would make. */
export interface PlacedPackage {
  /** Draws the lots. */
  id: string;
  k: number;
  n: number;
  placement: PlacementTerms;
  state: string;
}

export interface Refusal {
  provider: Address;
  reason: string;
  /** As the provider says, or as asking it failed. */
  code: string;
}

/**
 * Those that failed for this shard lately, or broke their promises to this gateway, are asked only when the others do not suffice, and then as
 * few of them as will do, the least bad first. Where still too few fit the limit of operators, newcomers that name themselves the operator of
 * others shut none of those out.
 */
export function selectPlaces(
  context: Pick<Context, "profile">,
  row: PlacedPackage,
  open: readonly { shard: number; rawLength: number }[],
  holders: readonly Pick<MarketCandidate, "provider" | "groups" | "duty" | "newcomer">[],
  usable: readonly MarketCandidate[],
  rather: ReadonlySet<Address>,
  planned: ReadonlyMap<Address, number>,
  others: { refusals: readonly Refusal[]; rules: readonly PlacementRule[] },
): Selected {
  const places = open.map(({ shard }) => countriesFor(row.placement, shard));
  const attempt = (pool: readonly MarketCandidate[], newcomersClaim: boolean) =>
    selectProviders({
      count: open.length,
      k: row.k,
      n: row.n,
      rawLength: open[0]!.rawLength,
      candidates: pool.map((candidate) => ({
        ...candidate,
        freeBytes: candidate.freeBytes - BigInt(planned.get(candidate.provider) ?? 0),
      })),
      holders,
      seed: row.id,
      ...(places.some((countries) => countries !== undefined) ? { places } : {}),
      ...(row.placement.rank === undefined ? {} : { rank: row.placement.rank }),
      ...(context.profile.operatorGroups ? { groupLimit: row.n - row.k, newcomersClaim } : {}),
    });
  const isBad = ({ provider, distrust }: MarketCandidate) => distrust > 0 || rather.has(provider);
  const good = usable.filter((candidate) => !isBad(candidate));
  const bad = usable.filter(isBad).toSorted((a, b) => a.distrust - b.distrust);
  const withBad = (count: number, newcomersClaim = true): Selected | CairnError => {
    try {
      return attempt([...good, ...bad.slice(0, count)], newcomersClaim);
    } catch (error) {
      if (error instanceof CairnError && error.code === "too-few-providers") return error;
      throw error;
    }
  };
  let [few, many] = [0, bad.length];
  let selected = withBad(few);
  if (selected instanceof CairnError) selected = withBad(many);
  else many = few;
  if (selected instanceof CairnError) {
    const all = withBad(many, false);
    if (all instanceof CairnError) throw withReasons(selected, row, others);
    return all;
  }
  while (few + 1 < many) {
    const middle = (few + many) >> 1;
    const found = withBad(middle);
    if (found instanceof CairnError) few = middle;
    else [selected, many] = [found, middle];
  }
  return selected;
}

/** The error with what kept the other providers away: their own refusals, and the rules of the package's terms. */
function withReasons(
  error: CairnError,
  { placement, state }: PlacedPackage,
  { refusals, rules }: { refusals: readonly Refusal[]; rules: readonly PlacementRule[] },
): CairnError {
  if (refusals.length === 0 && rules.length === 0) return error;
  // One that says so for a pretext hides no other's reasons.
  if (rules.length === 0 && refusals.every(({ code }) => code === "chain-unreachable")) {
    return new CairnError("providers cannot reach the chain just now, and the others are too few", {
      code: "chain-unreachable",
      kind: "unavailable",
      next: "Try again when the chain is back.",
    });
  }
  const named = refusals.slice(0, 5).map(({ provider, reason }) => `${provider.slice(0, 10)} answered: ${reason}`);
  const less =
    state === "COMMITTED"
      ? "Ask less of providers, choose a smaller n, or wait until others are there."
      : "Wait until others are there, or put it again under other demands: those of a stored package stay.";
  const next = rules.length > 0 ? less : error.next;
  return new CairnError(`${error.message} (${[...named, ...describeLeftOut(placement, rules)].join("; ")})`, {
    code: error.code,
    kind: error.kind,
    ...(next === undefined ? {} : { next }),
    details: error.details,
  });
}
