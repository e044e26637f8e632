import type { Address, Money } from "@cairn/protocol";
import { CairnError, crypto } from "@cairn/protocol";
import { awakeByHour, uncoveredHours } from "./coverage.ts";
import { HOURS_PER_WEEK } from "./periods.ts";

/** A replacement provider may cost at most this many times the dearest quote of the piece; the owner signs that ceiling. */
export const REPLACEMENT_PRICE_FACTOR = 2n;

export interface Candidate {
  provider: Address;
  /** Who runs it, as far as can be told: payout address, and the /24 of a declared IPv4 address. */
  groups: readonly string[];
  /** Basis points, smoothed (standing.ts). */
  score: number;
  /** Shard-periods behind the score. */
  fulfilled: bigint;
  /** Too little is behind its score for more than a newcomer's share of a piece. */
  newcomer?: boolean;
  /** Wei per GiB-day. */
  price: Money;
  region: string;
  duty: bigint;
  freeBytes: bigint;
}

export interface Selection {
  /** Shards that need a provider. */
  count: number;
  k: number;
  n: number;
  rawLength: number;
  candidates: readonly Candidate[];
  /** Who holds the other shards of this piece. */
  holders: readonly Pick<Candidate, "provider" | "groups" | "duty" | "newcomer">[];
  /** Preferred regions; empty for any. */
  regions?: readonly string[];
  /** Most shards of one piece in one operator group: n − k where the profile demands it. */
  groupLimit?: number;
  /** Orders those that are equal otherwise; random and the client's own (the package id), so that nobody can choose an address for it. */
  seed?: string;
}

export interface Selected {
  chosen: Candidate[];
  /** Who would take the place of a chosen one that refuses, best first. */
  spares: Candidate[];
  /** Hours of the week in which fewer than min(k + 1, n) shards of the piece would be awake. */
  uncovered: number[];
  /** Shards that went to newcomers beyond their share, because too few others could take them. */
  beyondShare: number;
}

/** Most shards of one piece that newcomers hold together: fewer than restore it, and not so many that losing them loses it. */
export function newcomerLimit(k: number, n: number): number {
  return Math.min(n - k, Math.max(1, k - 1));
}

/**
 * Choose `count` providers for one piece: each gets one shard, none that holds one already, newcomers together no more than their share
 * unless others lack, greedily whoever covers most hours that still lack an awake shard, then by preferred region, score, price and a lot
 * drawn by the seed. A newcomer gains nothing by a price below the median. The answer depends on the arguments' values only, never on
 * their order.
 * @throws CairnError `too-few-providers`
 */
export function selectProviders(selection: Selection): Selected {
  const target = Math.min(selection.k + 1, selection.n);
  const holding = new Set(selection.holders.map((holder) => holder.provider));
  const groupShards = new Map<string, number>();
  for (const holder of selection.holders) count(groupShards, holder.groups);
  const ranked = selection.candidates
    .filter((c) => !holding.has(c.provider) && c.freeBytes >= BigInt(selection.rawLength))
    .toSorted(comparison(selection));
  const share = newcomerLimit(selection.k, selection.n);
  let newcomers = selection.holders.filter((holder) => holder.newcomer).length;
  let beyondShare = 0;

  const awake = awakeByHour(selection.holders.map((holder) => holder.duty));
  const remaining = [...ranked];
  const chosen: Candidate[] = [];
  while (chosen.length < selection.count) {
    const allowed = (candidate: Candidate) => fits(candidate, groupShards, selection.groupLimit);
    const within = bestCover(
      remaining,
      awake,
      target,
      (candidate) => !(candidate.newcomer && newcomers >= share) && allowed(candidate),
    );
    const index = within < 0 ? bestCover(remaining, awake, target, allowed) : within;
    if (index < 0) throw tooFew(selection, ranked.length, chosen.length);
    const [candidate] = remaining.splice(index, 1);
    chosen.push(candidate!);
    if (candidate!.newcomer) newcomers += 1;
    if (within < 0) beyondShare += 1;
    count(groupShards, candidate!.groups);
    awakeByHour([candidate!.duty]).forEach((one, hour) => {
      awake[hour]! += one;
    });
  }
  const duties = [...selection.holders, ...chosen].map((holder) => holder.duty);
  return { chosen, spares: remaining, uncovered: uncoveredHours(duties, target), beyondShare };
}

function bestCover(
  candidates: readonly Candidate[],
  awake: readonly number[],
  target: number,
  allowed: (candidate: Candidate) => boolean,
): number {
  const lacking = awake.reduce((mask, n, hour) => (n < target ? mask | (1n << BigInt(hour)) : mask), 0n);
  let best = -1;
  let bestGain = -1;
  for (const [index, candidate] of candidates.entries()) {
    if (!allowed(candidate)) continue;
    const gain = bits(candidate.duty & lacking);
    if (gain > bestGain) {
      best = index;
      bestGain = gain;
    }
  }
  return best;
}

function fits(candidate: Candidate, shards: ReadonlyMap<string, number>, limit: number | undefined): boolean {
  return limit === undefined || candidate.groups.every((group) => (shards.get(group) ?? 0) < Math.max(1, limit));
}

function comparison({ candidates, regions = [], seed }: Selection): (a: Candidate, b: Candidate) => number {
  const prices = candidates.map(({ price }) => price).toSorted(byValue);
  const median = prices[Math.floor(prices.length / 2)] ?? 0n;
  const outside = (c: Candidate) => (regions.length === 0 || regions.includes(c.region) ? 0 : 1);
  const price = (c: Candidate) => (c.newcomer && c.price < median ? median : c.price);
  const lots = new Map(candidates.map(({ provider }) => [provider, lot(seed, provider)]));
  return (a, b) =>
    outside(a) - outside(b) ||
    b.score - a.score ||
    byValue(price(a), price(b)) ||
    byValue(lots.get(a.provider)!, lots.get(b.provider)!) ||
    byValue(a.provider, b.provider);
}

function lot(seed: string | undefined, provider: Address): string {
  if (seed === undefined) return provider;
  const drawn = crypto.keccak(new TextEncoder().encode(`cairn/lot/1 ${seed} ${provider}`));
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function byValue<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function count(shards: Map<string, number>, groups: readonly string[]): void {
  for (const group of groups) shards.set(group, (shards.get(group) ?? 0) + 1);
}

function bits(mask: bigint): number {
  let total = 0;
  for (let hour = 0; hour < HOURS_PER_WEEK; hour++) total += Number((mask >> BigInt(hour)) & 1n);
  return total;
}

function tooFew(selection: Selection, eligible: number, chosen: number): CairnError {
  const grouped = selection.groupLimit !== undefined && chosen < Math.min(eligible, selection.count);
  const reason = grouped
    ? `no operator may hold more than ${selection.groupLimit} shards of one piece, and only ${chosen} shards fit that rule`
    : `only ${eligible} can take one now`;
  const counted = `${selection.count} ${selection.count === 1 ? "provider" : "providers"}`;
  return new CairnError(
    `${selection.n} shards of a piece need ${selection.holders.length === 0 ? counted : `${counted} besides the ${selection.holders.length} that hold one`}: ${reason}`,
    {
      code: "too-few-providers",
      kind: "unavailable",
      details: { needed: selection.count, available: grouped ? chosen : eligible, held: selection.holders.length },
      next: "Start more providers, wait until one that is away is back, or choose a smaller n.",
    },
  );
}
