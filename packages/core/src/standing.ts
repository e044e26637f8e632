import type { Address, Money } from "@cairn/protocol";

/** What one owner's deals say of a provider, under verifier sets that the reader trusts: shard-periods, and what was paid for them. */
export interface OwnersWork {
  owner: Address;
  fulfilled: bigint;
  committed: bigint;
  paid: Money;
}

export interface Standing {
  /** Basis points, smoothed by a prior of 24 shard-periods at 90 %. */
  score: number;
  /** Shard-periods that count: proved, paid for, and within what one owner can give. */
  counted: bigint;
  /** Fewer than the prior's shard-periods count: it gets a newcomer's share of a package. */
  newcomer: boolean;
}

/** Shard-periods of the prior (specs of the micro-storage protocol, 2.1). */
const PRIOR = 24n;
/** Most that an owner whom the reader knows can add: two weeks of hourly periods. */
const KNOWN_OWNER = 336n;
/** The same for an owner whom nobody here knows, and for all of those together: less than the prior, so that however many owners an
 * attacker makes up, it stays a newcomer. */
const STRANGER = 4n;
const STRANGERS = 12n;

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/**
 * What a provider's past is worth to a reader. Work that nobody paid for counts for nothing, work for strangers for little; what was missed
 * counts in the same proportion, and in full where nothing was fulfilled.
 */
export function standingOf(work: readonly OwnersWork[], known: ReadonlySet<Address>): Standing {
  let counted = 0n;
  let strangers = 0n;
  let missed = 0n;
  for (const { owner, fulfilled, committed, paid } of work) {
    const lost = committed > fulfilled ? committed - fulfilled : 0n;
    const most = known.has(owner) ? KNOWN_OWNER : STRANGER;
    const credit = paid > 0n ? smaller(fulfilled, most) : 0n;
    missed += credit === 0n ? smaller(lost, KNOWN_OWNER) : (lost * credit + fulfilled - 1n) / fulfilled;
    if (known.has(owner)) counted += credit;
    else strangers += credit;
  }
  counted += smaller(strangers, STRANGERS);
  const score = Number((10_000n * counted + 9_000n * PRIOR) / (counted + missed + PRIOR));
  return { score, counted, newcomer: counted < PRIOR };
}
