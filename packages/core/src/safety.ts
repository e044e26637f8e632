import { HOURS_PER_WEEK } from "./periods.ts";

/** A provider that holds shards of the package. */
export interface SafetyHolder {
  /** Its hours of the week. */
  duty: bigint;
  /** Probability that it gives nothing in an hour in which it is on duty, its group's failing together apart. */
  failure: number;
  /** Those of one group also fail together; left out: it fails alone. */
  group?: string | undefined;
}

export interface SafetyPiece {
  k: number;
  /** Holders of its live shards, by position; each once. */
  holders: readonly number[];
}

/** Probability that a package cannot be read. */
export interface Failure {
  /** It is no greater than this. */
  most: number;
  /** And no smaller. */
  least: number;
}

export interface SafetyOptions {
  /** Probability that a whole group fails; 0 unless set. */
  groupFailure?: number;
  /** States of providers, times kinds of pieces, that are gone through for an exact answer; beyond that it is bounded. */
  exactSteps?: number;
}

/** About 0.1 s of one core for each set of awake providers. A choice. */
const EXACT_STEPS = 4_000_000;
/** Providers' states are numbers of so many bits. */
const EXACT_HOLDERS = 22;

interface Kind {
  k: number;
  holders: readonly number[];
}

/** A package's pieces by what counts of them: those with the same k and the same holders fail together. */
export class SafetyModel {
  readonly #holders: readonly SafetyHolder[];
  readonly #kinds: readonly Kind[];
  readonly #groupFailure: number;
  readonly #exactSteps: number;

  constructor(
    holders: readonly SafetyHolder[],
    pieces: Iterable<SafetyPiece>,
    { groupFailure = 0, exactSteps = EXACT_STEPS }: SafetyOptions = {},
  ) {
    const kinds = new Map<string, Kind>();
    for (const { k, holders: of } of pieces) {
      const sorted = [...of].sort((a, b) => a - b);
      kinds.set(`${k}:${sorted.join()}`, { k, holders: sorted });
    }
    this.#holders = holders;
    this.#kinds = [...kinds.values()];
    this.#groupFailure = groupFailure;
    this.#exactSteps = exactSteps;
  }

  /** Hours of the week by who is awake in them: each set of providers is looked at once. */
  hours(): number[][] {
    const sets = new Map<string, number[]>();
    for (let hour = 0; hour < HOURS_PER_WEEK; hour++) {
      const key = this.#holders.map(({ duty }) => (duty >> BigInt(hour)) & 1n).join("");
      const hours = sets.get(key) ?? [];
      hours.push(hour);
      sets.set(key, hours);
    }
    return [...sets.values()];
  }

  /** Of the hour of the week, 0 = Monday 00:00 UTC. */
  inHour(hour: number): Failure {
    return this.failure((holder) => ((this.#holders[holder]!.duty >> BigInt(hour)) & 1n) === 1n);
  }

  /**
   * Exact where few providers hold the package. Otherwise bounded: no piece's probability is smaller than the package's, and since one provider's
   * failing makes no piece more likely to be read, the pieces' probabilities multiplied are no greater (Harris, "A lower bound for the critical
   * probability in a certain percolation process", 1960).
   */
  failure(awake: (holder: number) => boolean): Failure {
    const kinds = this.#kinds.map(({ k, holders }) => ({ k, holders: holders.filter(awake) }));
    if (kinds.some(({ k, holders }) => holders.length < k)) return { most: 1, least: 1 };
    const held = [...new Set(kinds.flatMap(({ holders }) => holders))];
    if (held.length <= EXACT_HOLDERS && 2 ** held.length * kinds.length <= this.#exactSteps) {
      const exact = this.#enumerate(held, kinds);
      return { most: exact, least: exact };
    }
    let least = 0;
    let logarithm = 0;
    for (const { k, holders } of kinds) {
      const failure = this.#pieceFailure(k, holders);
      least = Math.max(least, failure);
      logarithm += Math.log1p(-failure);
    }
    return { most: Math.max(least, -Math.expm1(logarithm)), least };
  }

  /** Each group's holders; who is in none is a group of one that does not fail as such. */
  #groups(holders: readonly number[]): { members: number[]; failure: number }[] {
    const groups = new Map<string, { members: number[]; failure: number }>();
    for (const holder of holders) {
      const { group } = this.#holders[holder]!;
      const key = group === undefined ? `alone ${holder}` : `group ${group}`;
      const known = groups.get(key) ?? { members: [], failure: group === undefined ? 0 : this.#groupFailure };
      known.members.push(holder);
      groups.set(key, known);
    }
    return [...groups.values()];
  }

  /** Fewer than k of the holders answer: the distribution of how many do (Poisson binomial), group by group, up to k − 1 of them. */
  #pieceFailure(k: number, holders: readonly number[]): number {
    let up = new Float64Array(k);
    up[0] = 1;
    for (const { members, failure } of this.#groups(holders)) {
      const within = new Float64Array(Math.min(k, members.length + 1));
      within[0] = 1;
      for (const member of members) {
        const fails = this.#holders[member]!.failure;
        for (let j = within.length - 1; j > 0; j--) within[j] = within[j]! * fails + within[j - 1]! * (1 - fails);
        within[0]! *= fails;
      }
      for (let j = 0; j < within.length; j++) within[j]! *= 1 - failure;
      within[0]! += failure;
      const next = new Float64Array(k);
      for (let a = 0; a < k; a++) {
        if (up[a] === 0) continue;
        for (let b = 0; b < within.length && a + b < k; b++) next[a + b]! += up[a]! * within[b]!;
      }
      up = next;
    }
    return Math.min(
      1,
      up.reduce((sum, one) => sum + one, 0),
    );
  }

  /** Every state of the providers in turn; the probabilities of those in which some piece has too few are added up. */
  #enumerate(held: readonly number[], kinds: readonly Kind[]): number {
    const groups = this.#groups(held);
    // Members of a group stand side by side: the state's bits of it are an index into its table.
    const bits = new Map(groups.flatMap(({ members }) => members).map((holder, bit) => [holder, bit]));
    const tables = groups.map(({ members, failure }) => {
      const table = new Float64Array(2 ** members.length);
      for (let state = 0; state < table.length; state++) {
        let probability = 1 - failure;
        for (const [at, member] of members.entries()) {
          const fails = this.#holders[member]!.failure;
          probability *= ((state >> at) & 1) === 1 ? 1 - fails : fails;
        }
        table[state] = probability;
      }
      table[0]! += failure;
      return { table, width: members.length };
    });
    const masks = kinds.map(({ k, holders }) => ({
      k,
      mask: holders.reduce((mask, holder) => mask | (1 << bits.get(holder)!), 0),
    }));
    let sum = 0;
    for (let state = 0; state < 2 ** held.length; state++) {
      if (masks.every(({ k, mask }) => ones(state & mask) >= k)) continue;
      let probability = 1;
      let at = 0;
      for (const { table, width } of tables) {
        probability *= table[(state >> at) & (table.length - 1)]!;
        at += width;
      }
      sum += probability;
    }
    return Math.min(1, sum);
  }
}

/** Set bits (Kernighan). */
function ones(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}

/** Hours of a year of 365 days. */
export const HOURS_PER_YEAR = 8760;

/**
 * Probability that a provider gives nothing in an hour: it does not answer in the share `hourly` of its hours, or it was lost, as the share `yearly`
 * is within a year, so lately that what it held is not replaced yet.
 */
export function failureIn({
  hourly,
  yearly,
  repairHours,
}: {
  hourly: number;
  yearly: number;
  repairHours: number;
}): number {
  return 1 - (1 - hourly) * (1 - lostWithin(yearly, repairHours));
}

/** The share of `yearly` that falls within some hours, at a rate that does not change. */
export function lostWithin(yearly: number, hours: number): number {
  return yearly >= 1 ? 1 : -Math.expm1((Math.log1p(-yearly) * hours) / HOURS_PER_YEAR);
}

/** 1 − failure in percent, rounded down at the first digit by which it falls short of 100: `99.9998 %`. */
export function formatSafety(failure: number): string {
  if (failure <= 0) return "100 %";
  const share = failure * 100;
  // Below 10⁻¹⁴ sums of doubles say nothing any more.
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(share))));
  const short = BigInt(Math.min(100 * 10 ** digits, Math.ceil(share * 10 ** digits - 1e-9) || 1));
  const whole = 100n * 10n ** BigInt(digits) - short;
  const text = whole.toString().padStart(digits + 1, "0");
  const nines = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`.replace(/\.?0+$/, "");
  return `${nines} %`;
}
