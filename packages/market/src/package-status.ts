import { listDeals, listProviderRows } from "@cairn/catalog";
import { CAR_HEADER_BYTES, type Hex, hoursOnDuty, isOnDuty, type PackageId } from "@cairn/core";
import { pieceCidV2 } from "@cairn/proofs";
import type { Context } from "./context.ts";
import { bytesOf, findPackages, loadPackage, loadPieces, type PackageRow, type PieceRow } from "./package-rows.ts";
import { isLive, loadSlots, type SlotRow } from "./slot-rows.ts";
import type { PackageDetail, PackageSummary, PieceStatus, ProviderStatus } from "./types.ts";

/** What a person sees of one package. With `account`, only if it is that account's. */
export async function packageStatus(
  context: Context,
  request: { id: PackageId; account?: string },
): Promise<PackageDetail> {
  const row = await loadPackage(context.pool, request.id, { account: request.account });
  const [summary, pieces, slots] = await describePackage(context, row);
  const deals = row.manifestHash === null ? [] : await listDeals(context.pool, { manifestHash: row.manifestHash });
  const { rows } = await context.pool.query("select reserve::text from catalog.escrows where manifest_hash = $1", [
    row.manifestHash,
  ]);
  return {
    ...summary,
    slots: slots.map(({ state, ...slot }) => ({
      piece: slot.piece,
      shard: slot.shard,
      state: state.healing ? "HEALING" : state.phase,
      deal: state.deal,
      provider: state.provider,
      commitment: slot.commitment,
      rawLength: slot.rawLength,
      cause: state.cause,
      next: state.next,
    })),
    pieceList: pieces,
    escrow: deals.reduce((sum, deal) => sum + deal.escrow, 0n),
    paid: deals.reduce((sum, deal) => sum + deal.paid, 0n),
    reserve: BigInt((rows[0] as { reserve: string } | undefined)?.reserve ?? 0),
  };
}

export async function listPackages(
  context: Context,
  request: { account: string; nameHash?: Hex },
): Promise<PackageSummary[]> {
  const rows = await findPackages(context.pool, request.account, request.nameHash);
  return Promise.all(rows.map(async (row) => (await describePackage(context, row))[0]));
}

export async function listProviders(context: Context): Promise<ProviderStatus[]> {
  const now = context.clock.now();
  return (await listProviderRows(context.pool)).map((row) => {
    const connected = context.transport.reachable(row.provider);
    const awakeNow = isOnDuty(row.duty, now);
    const state = !row.active ? "RETIRED" : connected ? "READY" : awakeNow ? "AWAY" : "ASLEEP";
    return {
      provider: row.provider,
      region: row.region,
      endpoint: row.endpoint,
      capacity: row.capacity,
      used: row.used,
      price: row.priceFloor,
      rating: row.rating,
      score: row.score,
      fulfilled: row.fulfilled,
      committed: row.committed,
      deals: row.deals,
      earned: row.earned,
      awakeNow,
      hoursPerWeek: hoursOnDuty(row.duty),
      connected,
      state,
      cause: PROVIDER_CAUSES[state],
    };
  });
}

const PROVIDER_CAUSES = {
  READY: null,
  RETIRED: "It takes no new deals.",
  AWAY: "It is on duty but not connected to this gateway.",
  ASLEEP: "It is off duty by its own schedule.",
} as const;

async function describePackage(context: Context, row: PackageRow): Promise<[PackageSummary, PieceStatus[], SlotRow[]]> {
  const [pieceRows, slots] = await Promise.all([loadPieces(context.pool, row.id), loadSlots(context.pool, row.id)]);
  const pieces = pieceRows.length > 0 ? pieceRows.map(pieceStatus) : await receivedPieces(context, row);
  const live = pieceRows.map(
    (piece) => slots.filter((slot) => slot.piece === piece.number && isLive(slot.state)).length,
  );
  const summary: PackageSummary = {
    id: row.id,
    account: row.account,
    owner: row.owner,
    state: row.state,
    nameHash: row.nameHash,
    label: row.label,
    layout: row.layout,
    mask: row.mask,
    k: row.k,
    n: row.n,
    bytes: row.bytes,
    files: row.files,
    pieces: pieces.length,
    root: row.root,
    manifestHash: row.manifestHash,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    strength: { live: live.length === 0 ? 0 : Math.min(...live), needed: row.k, full: row.n },
    progress: progressOf(context, row, pieces, slots),
    ...wordsOf(row, slots),
  };
  return [summary, pieces, slots];
}

function pieceStatus(piece: PieceRow): PieceStatus {
  return {
    number: piece.number,
    length: piece.length,
    received: piece.length - CAR_HEADER_BYTES,
    commP: piece.commP,
    pieceCid: piece.commP === null ? null : pieceCidV2(bytesOf(piece.commP), piece.length).toString(),
  };
}

async function receivedPieces(context: Context, row: PackageRow): Promise<PieceStatus[]> {
  const received = await context.spool.received(row.id);
  return [...received]
    .toSorted(([a], [b]) => a - b)
    .map(([number, bytes]) => ({
      number,
      length: bytes + CAR_HEADER_BYTES,
      received: bytes,
      commP: null,
      pieceCid: null,
    }));
}

const STEP = { EMPTY: 0, QUOTED: 1, PROPOSED: 2, RECEIPTED: 3, ACTIVE: 4, ENDED: 4 } as const;

function progressOf(
  context: Context,
  row: PackageRow,
  pieces: readonly PieceStatus[],
  slots: readonly SlotRow[],
): PackageSummary["progress"] {
  if (row.state === "RECEIVING") {
    const done = pieces.reduce((sum, piece) => sum + piece.received, 0);
    return { stage: "receiving", done, total: done };
  }
  if (row.state === "SEALING") {
    return { stage: "computing commitments", ...(context.sealing.get(row.id) ?? { done: 0, total: 1 }) };
  }
  const stage = { PLACING: "handing over", DEGRADED: "repairing", ENDING: "ending" }[row.state as string] ?? "done";
  return {
    stage,
    done: slots.reduce((sum, slot) => sum + STEP[slot.state.phase], 0),
    total: slots.length * STEP.ACTIVE,
  };
}

/** Cause and cure of a state that is not its last: the package's own, or those of the slot that waits. */
function wordsOf(row: PackageRow, slots: readonly SlotRow[]): { cause: string | null; next: string | null } {
  if (row.cause !== null) return { cause: row.cause, next: row.next };
  const waiting = slots.find((slot) => slot.state.cause !== null && !isLive(slot.state));
  if (waiting && ["PLACING", "DEGRADED", "LOST"].includes(row.state)) {
    const where = `Shard ${waiting.shard} of piece ${waiting.piece}: `;
    return { cause: where + waiting.state.cause, next: waiting.state.next };
  }
  return WORDS[row.state];
}

const WORDS: Record<PackageRow["state"], { cause: string | null; next: string | null }> = {
  RECEIVING: { cause: "Its pieces are being uploaded.", next: "Go on with `cairn put`, or abandon it." },
  SEALING: { cause: "The commitments of its shards are being computed.", next: "Wait." },
  COMMITTED: { cause: "It waits for its owner's signature on price and terms.", next: "Go on with `cairn put`." },
  PLACING: { cause: "Its shards are being handed to providers.", next: "Wait." },
  STORED: { cause: null, next: null },
  DEGRADED: { cause: "Some shards are missing and are being rebuilt.", next: "Wait." },
  LOST: {
    cause: "Fewer shards are live than are needed to read it.",
    next: "Bring the providers that hold the others back.",
  },
  ENDING: { cause: "Its deals end with the next period.", next: "Wait; what is left of the escrow comes back." },
  REMOVED: { cause: "Its owner removed it.", next: null },
  EXPIRED: { cause: "Its time ran out.", next: "Put the folder again to keep it." },
  ABANDONED: { cause: "It was undone before it was stored.", next: null },
};
