import type { Address, Money } from "@cairn/protocol";
import { CairnError, crypto } from "@cairn/protocol";
import { roomsOf } from "./can-be-placed.ts";
import { type Countries, CountryRooms } from "./country-rooms.ts";
import { awakeByHour, uncoveredHours } from "./coverage.ts";
import { HOURS_PER_WEEK } from "./periods.ts";
import { countryOf, type PlacementTerms } from "./placement.ts";

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
  /** Countries that each of the `count` shards may lie in, undefined for any; left out where none is bound to a country. */
  places?: readonly Countries[];
  /** What decides among those that cover the same hours; the score unless set. */
  rank?: PlacementTerms["rank"];
  /** Most shards of one piece in one operator group: n − k where the profile demands it. */
  groupLimit?: number;
  /**
   * Whether a newcomer's shard counts against the limit of others that are none. A group is what a provider says of itself: anybody can register
   * with another's payout address.
   */
  newcomersClaim?: boolean;
  /** Orders those that are equal otherwise; random and the client's own (the package id), so that nobody can choose an address for it. */
  seed?: string;
}

export interface Selected {
  /** One for each of the `count` shards, in their order. */
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

/** Whether the provider has room for one more shard. */
export const hasRoom = ({ freeBytes }: Pick<Candidate, "freeBytes">, rawLength: number): boolean =>
  freeBytes >= BigInt(rawLength);

/**
 * Choose `count` providers for one piece: each gets one shard, none that holds one already, newcomers together no more than their share
 * unless others lack, greedily whoever covers most hours that still lack an awake shard, then by score, price and a lot drawn by the seed.
 * Shards that are bound to countries are placed first, those with the fewest candidates before others, and never so that another finds none
 * any more. A newcomer gains nothing by a price below the median. The answer depends on the arguments' values only, never on
 * their order.
 * @throws CairnError `too-few-providers`
 */
export function selectProviders(selection: Selection): Selected {
  const target = Math.min(selection.k + 1, selection.n);
  const holding = new Set(selection.holders.map((holder) => holder.provider));
  const groups = new GroupShards(selection);
  for (const holder of selection.holders) groups.add(holder);
  const ranked = selection.candidates
    .filter((c) => !holding.has(c.provider) && hasRoom(c, selection.rawLength))
    .toSorted(comparison(selection));
  const share = newcomerLimit(selection.k, selection.n);
  let newcomers = selection.holders.filter((holder) => holder.newcomer).length;
  let beyondShare = 0;

  const awake = awakeByHour(selection.holders.map((holder) => holder.duty));
  const remaining = ranked.map((candidate) => ({ candidate, words: wordsOf(candidate.duty) }));
  const chosen: Candidate[] = [];
  const places = selection.places && Array.from({ length: selection.count }, (_, shard) => selection.places?.[shard]);
  const rooms = places && new CountryRooms(places, roomsOf(ranked));
  const countries = new Map(rooms && ranked.map((candidate) => [candidate, countryOf(candidate.region) ?? ""]));
  for (const [step, shard] of shardOrder(selection, ranked).entries()) {
    const open = rooms?.openTo(shard);
    const allowed = (candidate: Candidate) =>
      groups.fits(candidate) && (open === undefined || open(countries.get(candidate)!));
    const within = bestCover(
      remaining,
      awake,
      target,
      (candidate) => !(candidate.newcomer && newcomers >= share) && allowed(candidate),
    );
    const index = within < 0 ? bestCover(remaining, awake, target, allowed) : within;
    if (index < 0) throw tooFew(selection, ranked.length, step, shard);
    const { candidate } = remaining.splice(index, 1)[0]!;
    chosen[shard] = candidate;
    rooms?.take(shard, countries.get(candidate)!);
    if (candidate.newcomer) newcomers += 1;
    if (within < 0) beyondShare += 1;
    groups.add(candidate);
    awakeByHour([candidate.duty]).forEach((one, hour) => {
      awake[hour]! += one;
    });
  }
  const duties = [...selection.holders, ...chosen].map((holder) => holder.duty);
  return {
    chosen,
    spares: remaining.map(({ candidate }) => candidate),
    uncovered: uncoveredHours(duties, target),
    beyondShare,
  };
}

/** Positions of the shards in the order in which they are placed: those that fewest candidates can take first. */
function shardOrder({ count, places }: Selection, candidates: readonly Candidate[]): number[] {
  const order = Array.from({ length: count }, (_, shard) => shard);
  if (places === undefined) return order;
  const rooms = roomsOf(candidates);
  const known = new Map<Countries, number>([[undefined, candidates.length]]);
  const takers = order.map((shard) => {
    const list = places[shard];
    const count = known.get(list) ?? [...new Set(list)].reduce((sum, country) => sum + (rooms.get(country) ?? 0), 0);
    known.set(list, count);
    return count;
  });
  return order.toSorted((a, b) => takers[a]! - takers[b]! || a - b);
}

/** Position of the candidate that covers most hours in which fewer than `target` shards are awake, -1 where none is allowed. */
function bestCover(
  candidates: readonly { candidate: Candidate; words: readonly number[] }[],
  awake: readonly number[],
  target: number,
  allowed: (candidate: Candidate) => boolean,
): number {
  const lacking = wordsOf(awake.reduce((mask, n, hour) => (n < target ? mask | (1n << BigInt(hour)) : mask), 0n));
  let best = -1;
  let bestGain = -1;
  for (const [index, { candidate, words }] of candidates.entries()) {
    let gain = 0;
    for (const [at, word] of lacking.entries()) gain += bits(word & words[at]!);
    if (gain > bestGain && allowed(candidate)) {
      best = index;
      bestGain = gain;
    }
  }
  return best;
}

type Member = Pick<Candidate, "groups" | "newcomer">;

/** Shards of one piece in each operator group. */
class GroupShards {
  readonly #limit: number;
  readonly #newcomersClaim: boolean;
  readonly #all = new Map<string, number>();
  readonly #ofOthers = new Map<string, number>();

  constructor({ groupLimit, newcomersClaim = true }: Pick<Selection, "groupLimit" | "newcomersClaim">) {
    this.#limit = groupLimit === undefined ? Number.POSITIVE_INFINITY : Math.max(1, groupLimit);
    this.#newcomersClaim = newcomersClaim;
  }

  add({ groups, newcomer }: Member): void {
    count(this.#all, groups);
    if (newcomer !== true) count(this.#ofOthers, groups);
  }

  /** Whether the candidate may hold one more shard. */
  fits({ groups, newcomer }: Member): boolean {
    const shards = this.#newcomersClaim || newcomer === true ? this.#all : this.#ofOthers;
    return groups.every((group) => (shards.get(group) ?? 0) < this.#limit);
  }
}

function comparison({ candidates, rank = "score", seed }: Selection): (a: Candidate, b: Candidate) => number {
  const prices = candidates.map(({ price }) => price).toSorted(byValue);
  const median = prices[Math.floor(prices.length / 2)] ?? 0n;
  const price = (c: Candidate) => (c.newcomer && c.price < median ? median : c.price);
  const lots = new Map(candidates.map(({ provider }) => [provider, lot(seed, provider)]));
  const byScore = (a: Candidate, b: Candidate) => b.score - a.score;
  const byPrice = (a: Candidate, b: Candidate) => byValue(price(a), price(b));
  const [first, second] = rank === "price" ? [byPrice, byScore] : [byScore, byPrice];
  return (a, b) =>
    first(a, b) ||
    second(a, b) ||
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

/** The hours of a week as words of 32 bits: numbers are counted many times faster than one bigint. */
function wordsOf(mask: bigint): number[] {
  const count = Math.ceil(HOURS_PER_WEEK / 32);
  const hours = BigInt.asUintN(HOURS_PER_WEEK, mask);
  return Array.from({ length: count }, (_, at) => Number(BigInt.asIntN(32, hours >> BigInt(32 * at))));
}

/** Set bits of 32, added up in parallel (Warren, Hacker's Delight, 5-1). */
function bits(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function tooFew(selection: Selection, eligible: number, chosen: number, shard: number): CairnError {
  const countries = selection.places?.[shard];
  const grouped =
    countries === undefined && selection.groupLimit !== undefined && chosen < Math.min(eligible, selection.count);
  const reason =
    countries !== undefined
      ? `too few of the ${eligible} that can take one now are in ${[...new Set(countries)].join(" or ")}`
      : grouped
        ? `no operator may hold more than ${selection.groupLimit} shards of one piece, and only ${chosen} shards fit that rule`
        : `only ${eligible} can take one now`;
  const counted = `${selection.count} ${selection.count === 1 ? "provider" : "providers"}`;
  const available = countries !== undefined || grouped ? chosen : eligible;
  return new CairnError(
    `${selection.n} shards of a piece need ${selection.holders.length === 0 ? counted : `${counted} besides the ${selection.holders.length} that hold one`}: ${reason}`,
    {
      code: "too-few-providers",
      kind: "unavailable",
      details: { needed: selection.count, available, held: selection.holders.length },
      next:
        countries !== undefined
          ? "Allow more countries, start providers there, or choose a smaller n."
          : "Start more providers, wait until one that is away is back, or choose a smaller n.",
    },
  );
}
