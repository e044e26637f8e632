import { type Ask, recordAsks } from "@cairn/catalog";
import {
  avoidedNow,
  type Candidate,
  describeRule,
  judgeCandidates,
  newcomerLimit,
  periodsFor,
  pricePerPeriod,
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
import { type Refusal, selectPlaces } from "./select-places.ts";
import type { SlotRow } from "./slot-rows.ts";

const QUOTE_TIMEOUT_SECONDS = 10;

interface PlacedQuote {
  slot: SlotRow;
  candidate: MarketCandidate;
  quote: Quote;
  signature: Hex;
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
    const selected = selectPlaces(context, row, open, taken, [...known.values()], rather, planned, { refusals, rules });
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
  const { qualified, leftOut } = judgeCandidates(row.placement, shards, candidates);
  for (const { candidate, rule } of leftOut)
    asks.push(askOf(candidate, undefined, "passed-over", `It ${describeRule(row.placement, rule)}.`));
  return { qualified, rules: leftOut.map(({ rule }) => rule) };
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
