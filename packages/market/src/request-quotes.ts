import { type Ask, recordAsks } from "@cairn/catalog";
import {
  avoidedNow,
  type Candidate,
  countriesFor,
  describeLeftOut,
  describeRule,
  newcomerLimit,
  type PlacementRule,
  periodsFor,
  pricePerPeriod,
  ruleAgainst,
  type Selected,
  selectProviders,
} from "@cairn/core";
import { formatCoins } from "@cairn/core/coins";
import {
  type Address,
  asCairnError,
  CairnError,
  dealIdOf,
  type Hex,
  type Money,
  type Quote,
  recoverTyped,
} from "@cairn/protocol";
import { gatheredCandidates, holderGroups, type MarketCandidate } from "./candidates.ts";
import type { Context } from "./context.ts";
import type { PackageRow } from "./package-rows.ts";
import type { SlotRow } from "./slot-rows.ts";

const QUOTE_TIMEOUT_SECONDS = 10;

interface PlacedQuote {
  slot: SlotRow;
  candidate: MarketCandidate;
  quote: Quote;
  signature: Hex;
}

interface Refusal {
  provider: Address;
  reason: string;
  /** As the provider says, or as asking it failed. */
  code: string;
}

export interface QuoteRound {
  placed: PlacedQuote[];
  refusals: Refusal[];
  /** Hours of the week in which too few shards of the piece would be awake. */
  uncovered: number[];
  /** Shards with newcomers beyond their share. */
  beyondShare: number;
  /** What the next best provider would lock for one shard at its price floor; 0 when there is none. */
  spareEscrow: bigint;
}

/**
 * Find providers for `slots` of one piece that the package's terms allow, and have each sign a quote; whoever refuses is replaced by the next
 * best. `seconds` is how long the deals are to last; `planned` counts what a plan in the making gives each provider. Who was asked or passed
 * over is noted (`listAsks`).
 * @throws CairnError `too-few-providers` with the refusals and the rules that left others out in its message
 */
export async function requestQuotes(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  pieceSlots: readonly SlotRow[],
  seconds: number,
  planned: ReadonlyMap<Address, number> = new Map(),
): Promise<QuoteRound> {
  const asks: Ask[] = [];
  try {
    return await askAround(context, row, slots, pieceSlots, seconds, planned, asks);
  } finally {
    // It is read by people only: what came of asking does not hang on it.
    await recordAsks(context.pool, row.id, asks).catch((error: unknown) =>
      context.log.warn({ package: row.id, error: String(error) }, "who was asked could not be noted"),
    );
  }
}

async function askAround(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  pieceSlots: readonly SlotRow[],
  seconds: number,
  planned: ReadonlyMap<Address, number>,
  asks: Ask[],
): Promise<QuoteRound> {
  const now = context.clock.now();
  const wanted = new Set(slots.map((slot) => slot.shard));
  const holding = pieceSlots.filter(
    (slot) => !wanted.has(slot.shard) && slot.state.provider !== null && slot.state.phase !== "EMPTY",
  );
  const avoided = slots.map((slot) => avoidedNow(slot.state, now));
  const never = new Set(avoided.flatMap((one) => [...one.never]));
  const rather = new Set(avoided.flatMap((one) => [...one.rather]));
  const neverGroups = new Set((await holderGroups(context, [...never])).flatMap((holder) => holder.groups));
  const holders = await holderGroups(
    context,
    holding.map((slot) => slot.state.provider!),
  );
  const ceiling = row.mandate?.message.maxPrice;
  const { qualified, rules } = byTerms(row, slots, await gatheredCandidates(context, row.n), asks);
  const usable = qualified.filter(
    (candidate) => !never.has(candidate.provider) && (ceiling === undefined || candidate.price <= ceiling),
  );
  // A group is what its members say of themselves: who shares one with a liar may be its victim, and is asked where others lack.
  for (const { provider, groups } of context.profile.operatorGroups ? usable : []) {
    if (groups.some((group) => neverGroups.has(group))) rather.add(provider);
  }
  const known = new Map(usable.map((candidate) => [candidate.provider, candidate]));
  const refusals: QuoteRound["refusals"] = [];
  const placed: PlacedQuote[] = [];
  let open = [...slots];
  let uncovered: number[] = [];
  let spareEscrow = 0n;
  while (open.length > 0) {
    const taken = [...holders, ...placed.map(({ candidate }) => candidate)];
    const selected = select(context, row, open, taken, [...known.values()], rather, planned, { refusals, rules });
    uncovered = selected.uncovered;
    spareEscrow = estimateEscrow(context, selected.spares[0], open[0]!.rawLength, seconds);
    const answers = await Promise.all(
      open.map(async (slot, i) => {
        const candidate = known.get(selected.chosen[i]!.provider)!;
        try {
          const answer = { slot, candidate, ...(await askQuote(context, row, slot, candidate, seconds)) };
          asks.push(askOf(candidate, slot, "quoted", null));
          return answer;
        } catch (error) {
          const { code, message } = asCairnError(error);
          asks.push(askOf(candidate, slot, "refused", message));
          refusals.push({ provider: candidate.provider, reason: message, code });
          known.delete(candidate.provider);
          return undefined;
        }
      }),
    );
    for (const answer of answers) if (answer !== undefined) placed.push(answer);
    for (const { candidate } of placed) known.delete(candidate.provider);
    open = open.filter((slot) => !placed.some((one) => one.slot.shard === slot.shard));
  }
  return { placed, refusals, uncovered, beyondShare: beyondShare(row, holders, placed), spareEscrow };
}

/** How many of the shards placed are newcomers' beyond the share of the piece that newcomers should hold, over all rounds. */
function beyondShare(
  { k, n }: PackageRow,
  holders: readonly Pick<MarketCandidate, "newcomer">[],
  placed: readonly PlacedQuote[],
): number {
  const before = holders.filter(({ newcomer }) => newcomer).length;
  const now = before + placed.filter(({ candidate }) => candidate.newcomer).length;
  return Math.max(0, now - Math.max(before, newcomerLimit(k, n)));
}

/** The candidates that the owner's terms allow, and the rule that left out each of the others. */
function byTerms(row: PackageRow, slots: readonly SlotRow[], candidates: readonly MarketCandidate[], asks: Ask[]) {
  const shards = slots.map(({ shard }) => shard);
  const qualified: MarketCandidate[] = [];
  const rules: PlacementRule[] = [];
  for (const candidate of candidates) {
    const rule = ruleAgainst(row.placement, shards, candidate);
    if (rule === undefined) {
      qualified.push(candidate);
      continue;
    }
    rules.push(rule);
    asks.push(askOf(candidate, undefined, "passed-over", `It ${describeRule(row.placement, rule)}.`));
  }
  return { qualified, rules };
}

function askOf(
  { provider, price, region }: MarketCandidate,
  slot: SlotRow | undefined,
  verdict: Ask["verdict"],
  reason: string | null,
): Ask {
  return { piece: slot?.piece ?? null, shard: slot?.shard ?? null, provider, price, region, verdict, reason };
}

/** What the next best provider would lock for one shard, at its price floor. */
function estimateEscrow(context: Context, spare: Candidate | undefined, rawLength: number, seconds: number): bigint {
  if (!spare) return 0n;
  const { periodSeconds } = context.deployment;
  const price = pricePerPeriod(spare.price, rawLength, periodSeconds);
  return price * BigInt(periodsFor(seconds, periodSeconds, spare.duty));
}

/**
 * Those that failed for this shard lately, or broke their promises to this gateway, are asked only when the others do not suffice, and then as
 * few of them as will do, the least bad first. Where still too few fit the limit of operators, newcomers that name themselves the operator of
 * others shut none of those out.
 */
function select(
  context: Context,
  row: PackageRow,
  open: readonly SlotRow[],
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
  { placement, state }: PackageRow,
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

/** One provider's signed quote, held against what was asked. */
async function askQuote(
  context: Context,
  row: PackageRow,
  slot: SlotRow,
  candidate: MarketCandidate,
  seconds: number,
): Promise<{ quote: Quote; signature: Hex }> {
  const periods = periodsFor(seconds, context.deployment.periodSeconds, candidate.duty);
  const asked = {
    owner: row.owner,
    documentHash: row.documentHash!,
    piece: slot.piece,
    shard: slot.shard,
    commitment: slot.commitment,
    rawLength: slot.rawLength,
    periods,
    verifierSet: row.verifierSet,
  };
  const { quote, signature } = await context.transport.request(
    candidate.provider,
    { type: "quote", ...asked },
    { timeoutSeconds: QUOTE_TIMEOUT_SECONDS, signal: context.stopping },
  );
  const answers: [string, unknown, unknown][] = [
    ["provider", quote.provider.toLowerCase(), candidate.provider],
    ["owner", quote.owner.toLowerCase(), row.owner],
    ["document", quote.documentHash, asked.documentHash],
    ["piece", quote.piece, asked.piece],
    ["shard", quote.shard, asked.shard],
    ["commitment", quote.commitment, asked.commitment],
    ["length", quote.rawLength, BigInt(asked.rawLength)],
    ["periods", quote.periods, periods],
    ["verifiers", quote.verifierSet, asked.verifierSet],
    ["schedule", quote.duty, candidate.duty],
    ["term", quote.expiry > BigInt(context.chainNow() + 10), true],
    ["signer", recoverTyped("Quote", quote, context.deployment, signature), candidate.row.hot],
  ];
  for (const [what, given, expected] of answers) {
    if (given !== expected)
      throw new CairnError(quoteFault(candidate.provider, what, given, expected), {
        code: "bad-quote",
        kind: "corrupt",
        next: "Nothing: another provider is asked. If it happens often, update the provider.",
      });
  }
  requireUnderCeiling(context, row.mandate?.message.maxPrice, quote);
  return { quote, signature };
}

function quoteFault(provider: Address, what: string, given: unknown, expected: unknown): string {
  if (what === "signer") {
    return `provider ${provider} signed its quote with ${given}, not with its registered key ${expected}`;
  }
  if (what === "term") return `provider ${provider} sent a quote that runs out within 10 seconds`;
  return `provider ${provider} sent a quote with the ${what} ${given}, and was asked for ${expected}`;
}

/** The contract refuses what the owner did not agree to: another provider is asked at once. */
function requireUnderCeiling(context: Context, ceiling: Money | undefined, quote: Quote): void {
  if (ceiling === undefined) return;
  const most = pricePerPeriod(ceiling, quote.rawLength, context.deployment.periodSeconds);
  if (quote.pricePerPeriod <= most) return;
  throw new CairnError(
    `it asks ${formatCoins(quote.pricePerPeriod)} a period, and the owner agreed to ${formatCoins(most)} at most`,
    {
      code: "too-dear",
      kind: "exhausted",
      details: { pricePerPeriod: quote.pricePerPeriod.toString(), most: most.toString() },
      next: "Wait for a cheaper provider, or put the folder again.",
    },
  );
}

export function escrowOf(quote: Quote): bigint {
  return quote.pricePerPeriod * BigInt(quote.periods);
}

export function dealOf(context: Context, quote: Quote) {
  return dealIdOf(quote, context.deployment);
}
