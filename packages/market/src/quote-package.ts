import { listProviderRows, toJson } from "@cairn/catalog";
import { describeHours, highest, lowest, newcomerLimit, quoteUsable, REPLACEMENT_PRICE_FACTOR } from "@cairn/core";
import { compareCoins, formatCoins } from "@cairn/core/coins";
import { type Address, CairnError, DAY, greatest, type PackageId, type Quote } from "@cairn/protocol";
import type { Context } from "./context.ts";
import { loadDocument, loadPackage, loadPieces, type PackageRow } from "./package-rows.ts";
import { recordQuotes } from "./record-quotes.ts";
import { escrowOf, requestQuotes } from "./request-quotes.ts";
import { applySlotEvents } from "./slot-events.ts";
import { loadSlots, type SlotRow } from "./slot-rows.ts";
import type { QuotePlan } from "./types.ts";

/** Quotes that end sooner are asked again: the owner needs time to read and sign. */
const TIME_TO_SIGN = 60;

/**
 * Price, places and terms before anything is committed; the owner makes its mandate of them. Quotes that still hold from an earlier call stand.
 * @throws CairnError `wrong-state`, `too-few-providers`, `insufficient-funds` (details.need, details.have)
 */
export async function quotePackage(context: Context, { id }: { id: PackageId }): Promise<QuotePlan> {
  const row = await loadPackage(context.pool, id);
  if (row.state !== "COMMITTED") {
    throw new CairnError(`package ${id} cannot be quoted: it is ${row.state}`, {
      code: "wrong-state",
      kind: "conflict",
      details: { state: row.state },
      next: "Look at it with `cairn show`.",
    });
  }
  const warnings = await completeQuotes(context, row);
  return planOf(context, row, await loadSlots(context.pool, id), warnings);
}

async function completeQuotes(context: Context, row: PackageRow): Promise<string[]> {
  const now = context.chainNow();
  const slots = await loadSlots(context.pool, row.id);
  const stale = slots.filter((slot) => slot.state.phase === "QUOTED" && !quoteUsable(slot.state, now + TIME_TO_SIGN));
  const lapsed = stale.map(({ piece, shard }) => ({
    piece,
    shard,
    event: { type: "quote-lapsed" as const, cause: "The quote ran out before it was signed." },
  }));
  if (lapsed.length > 0) await applySlotEvents(context, row.id, lapsed);

  const planned = new Map<Address, number>();
  const spares: Record<string, string> = {};
  const warnings: string[] = [];
  for (const piece of await loadPieces(context.pool, row.id)) {
    const current = (await loadSlots(context.pool, row.id)).filter((slot) => slot.piece === piece.number);
    const open = current.filter((slot) => slot.state.phase === "EMPTY");
    for (const slot of current) plan(planned, slot.state.provider, slot.rawLength);
    if (open.length === 0) continue;
    const round = await requestQuotes(context, row, open, current, row.days * DAY, planned);
    spares[piece.number] = round.spareEscrow.toString();
    for (const { candidate, slot } of round.placed) plan(planned, candidate.provider, slot.rawLength);
    await recordQuotes(context, row.id, round);
    if (round.uncovered.length > 0) {
      warnings.push(
        `Piece ${piece.number} has fewer than ${Math.min(row.k + 1, row.n)} shards awake in ${round.uncovered.length} hours of the week: ${describeHours(round.uncovered)}.`,
      );
    }
    if (round.beyondShare > 0 && context.profile.operatorGroups) {
      warnings.push(
        `Piece ${piece.number} has ${round.beyondShare} shards with providers that are new here, beyond the ${newcomerLimit(row.k, row.n)} that newcomers should hold: too few others have room.`,
      );
    }
    for (const { provider, reason } of round.refusals)
      warnings.push(`Provider ${provider} was passed over: ${reason}.`);
  }
  await context.pool.query("update catalog.packages set plan = coalesce(plan, '{}') || $2 where id = $1", [
    row.id,
    toJson(spares),
  ]);
  return warnings;
}

function plan(planned: Map<Address, number>, provider: Address | null, bytes: number): void {
  if (provider !== null) planned.set(provider, (planned.get(provider) ?? 0) + bytes);
}

async function planOf(
  context: Context,
  row: PackageRow,
  slots: readonly SlotRow[],
  warnings: string[],
): Promise<QuotePlan> {
  const providers = new Map(
    (await listProviderRows(context.pool, [context.verifierSet])).map((provider) => [provider.provider, provider]),
  );
  const quoted = slots.map((slot) => ({ slot, quote: slot.quote! }));
  const dearest = dearestByPiece(slots, await loadSpares(context, row));
  const repairReserve = [...dearest.values()].reduce((sum, escrow) => sum + escrow, 0n);
  const reservations = quoted.reduce((sum, { quote }) => sum + reservationOf(context, quote), 0n);
  const needed = repairReserve * BigInt(row.n) + reservations;
  const allowed = oneOfEach(slots) * BigInt(row.n) * REPLACEMENT_PRICE_FACTOR;
  const escrow = needed < allowed ? needed : allowed;
  const balance = await context.ledger.balance(row.owner);
  const total = escrow + repairReserve;
  if (balance < total) {
    const [has, takes] = compareCoins(balance, total);
    throw new CairnError(`the deposit has ${has}, and this takes ${takes}`, {
      code: "insufficient-funds",
      kind: "exhausted",
      details: { need: total.toString(), have: balance.toString(), account: row.owner },
      next: `Deposit ${formatCoins(total - balance, { rounding: "up" })} more for ${row.owner} (\`cairn wallet deposit\`), then go on; nothing was proposed.`,
    });
  }
  return {
    documentHash: row.documentHash!,
    document: await loadDocument(context.pool, row.id),
    placements: quoted.map(({ slot, quote }) => ({
      piece: slot.piece,
      shard: slot.shard,
      deal: slot.state.deal!,
      provider: slot.state.provider!,
      region: providers.get(slot.state.provider!)?.region ?? "",
      quote: { message: quote, signature: slot.quoteSignature! },
      pricePerPeriod: quote.pricePerPeriod,
      periods: quote.periods,
      rating: providers.get(slot.state.provider!)?.rating ?? 90,
    })),
    escrow,
    repairReserve,
    total,
    balance,
    periods: highest(quoted.map(({ quote }) => quote.periods)),
    endsAt: context.chainNow() + Math.ceil(row.days * DAY),
    validUntil: lowest(slots.map((slot) => slot.state.quoteExpiry!)),
    warnings: [...warnings, ...standingWarnings(context, row)],
  };
}

/** One shard of each piece at its dearest quote. */
function oneOfEach(slots: readonly SlotRow[]): bigint {
  const pieces = Map.groupBy(slots, (slot) => slot.piece);
  return [...pieces.values()].reduce((sum, of) => sum + greatest(of.map((slot) => escrowOf(slot.quote!))), 0n);
}

/** What a proposal that is not taken up in time costs: the space is paid for while it is kept free. */
function reservationOf(context: Context, quote: Quote): bigint {
  const { proposalSeconds, periodSeconds } = context.deployment;
  const periods = Math.min(quote.periods, Math.ceil(proposalSeconds / periodSeconds) + 1);
  return quote.pricePerPeriod * BigInt(periods);
}

/** What one shard of each piece locks at most: at its dearest quote, or at the next best provider's price up to what an owner signs for. */
function dearestByPiece(slots: readonly SlotRow[], spares: Record<string, string>): Map<number, bigint> {
  const dearest = new Map<number, bigint>();
  for (const slot of slots) {
    const escrow = escrowOf(slot.quote!);
    const floor = dearest.get(slot.piece) ?? BigInt(spares[slot.piece] ?? 0);
    dearest.set(slot.piece, escrow > floor ? escrow : floor);
  }
  for (const [piece, most] of dearest) {
    const quoted = slots.filter((slot) => slot.piece === piece).map((slot) => escrowOf(slot.quote!));
    const allowed = greatest(quoted) * REPLACEMENT_PRICE_FACTOR;
    if (most > allowed) dearest.set(piece, allowed);
  }
  return dearest;
}

async function loadSpares(context: Context, row: PackageRow): Promise<Record<string, string>> {
  const { rows } = await context.pool.query("select plan from catalog.packages where id = $1", [row.id]);
  return (rows[0] as { plan: Record<string, string> | null }).plan ?? {};
}

function standingWarnings(context: Context, row: PackageRow): string[] {
  return [
    ...(context.profile.operatorGroups
      ? []
      : ["This network does not keep one operator's machines apart: shards may lie with one operator."]),
    ...(row.mask === "none" ? ["Without a mask, equal copies cannot be told apart by proofs."] : []),
    ...(row.n === row.k && row.k > 1 ? ["With n = k the loss of one provider loses the package."] : []),
    ...(row.n === 1 ? ["With one copy the loss of its provider loses the package."] : []),
  ];
}
