import { breachWords, listDeals, listDistrust, listProviderRows } from "@cairn/catalog";
import { type Distrust, eachBounded, hoursOnDuty, isBarred, isOnDuty, type SlotState } from "@cairn/core";
import { pieceCidV2 } from "@cairn/proofs";
import { type Address, CAR_HEADER_BYTES, type PackageId, type Seconds } from "@cairn/protocol";
import type { Context } from "./context.ts";
import {
  bytesOf,
  findPackages,
  loadFigures,
  loadPackage,
  loadPieces,
  type PackageFigures,
  type PackageRow,
  type PieceRow,
} from "./package-rows.ts";
import { loadSlots } from "./slot-rows.ts";
import type {
  PackageDetail,
  PackageListRequest,
  PackagePage,
  PackageSummary,
  PieceStatus,
  ProviderStatus,
} from "./types.ts";

/** Deals that are paid for, or will be. */
const LIVE: ReadonlySet<string> = new Set(["PROPOSED", "ACTIVE"]);
/** Spool directories that one list reads at once. */
const DIRECTORIES_AT_ONCE = 8;

/** What a person sees of one package. With `account`, only if it is that account's. */
export async function packageStatus(
  context: Context,
  request: { id: PackageId; account?: string },
): Promise<PackageDetail> {
  const row = await loadPackage(context.pool, request.id, { account: request.account });
  const figures = (await loadFigures(context.pool, [row.id])).get(row.id);
  const pieces =
    figures === undefined
      ? await receivedPieces(context, row)
      : (await loadPieces(context.pool, row.id)).map(pieceStatus);
  const slots = await loadSlots(context.pool, row.id);
  const deals =
    row.documentHash === null
      ? []
      : await listDeals(context.pool, { package: { owner: row.owner, documentHash: row.documentHash } });
  const { rows } = await context.pool.query(
    "select reserve::text from catalog.escrows where document_hash = $1 and owner = $2",
    [row.documentHash, row.owner],
  );
  const silentSince = new Map(deals.map((deal) => [deal.deal as string, deal.silentSince]));
  return {
    ...summaryOf(context, row, figures, pieces),
    slots: slots.map(({ state, ...slot }) => ({
      piece: slot.piece,
      shard: slot.shard,
      state: state.healing ? "HEALING" : state.phase,
      deal: state.deal,
      provider: state.provider,
      commitment: slot.commitment,
      rawLength: slot.rawLength,
      ...slotWords(state, silentSince.get(state.deal ?? "")),
    })),
    pieceList: pieces,
    escrow: deals.reduce((sum, deal) => sum + deal.escrow, 0n),
    paid: deals.reduce((sum, deal) => sum + deal.paid, 0n),
    pricePerPeriod: deals.reduce((sum, deal) => (LIVE.has(deal.state) ? sum + deal.pricePerPeriod : sum), 0n),
    reserve: BigInt((rows[0] as { reserve: string } | undefined)?.reserve ?? 0),
    placement: row.placement,
    handedOver: slots.reduce((sum, { state, rawLength }) => {
      const all = STEP[state.phase] >= STEP.RECEIPTED;
      return sum + (all ? rawLength : Math.min(rawLength, context.handed.of(state.deal)));
    }, 0),
  };
}

/** Why a slot waits, and what comes next; of one that is live, whether its provider is silent. */
function slotWords(state: SlotState, silentSince: Seconds | null | undefined): Pick<SlotState, "cause" | "next"> {
  if (state.cause !== null || state.phase !== "ACTIVE" || !silentSince) return { cause: state.cause, next: state.next };
  const since = minuteOf(silentSince);
  const next = "It is asked again each period; if it stays silent, the shard is rebuilt on another provider.";
  return { cause: `Its provider has not proved it since ${since}. ${next}`, next };
}

const minuteOf = (seconds: Seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export async function listPackages(context: Context, request: PackageListRequest): Promise<PackagePage> {
  const { rows, next } = await findPackages(context.pool, request);
  const ids = rows.map((row) => row.id);
  const figures = await loadFigures(context.pool, ids);
  const received = new Map<PackageId, PieceStatus[]>();
  const spooled = rows.filter((row) => !figures.has(row.id));
  await eachBounded(spooled, DIRECTORIES_AT_ONCE, async (row) => {
    received.set(row.id, await receivedPieces(context, row));
  });
  const packages = rows.map((row) => summaryOf(context, row, figures.get(row.id), received.get(row.id) ?? []));
  return { packages, next };
}

/** @param provider this one alone */
export async function listProviders(context: Context, provider?: Address): Promise<ProviderStatus[]> {
  const now = context.chainNow();
  const rows = await listProviderRows(context.pool, [context.verifierSet], provider);
  const distrust = await listDistrust(context.pool);
  // A retired provider is of interest for as long as it holds something.
  return rows
    .filter(({ active, deals }) => active || deals > 0 || provider !== undefined)
    .map((row) => {
      const connected = context.transport.reachable(row.provider);
      const awakeNow = isOnDuty(row.duty, now);
      const known = distrust.get(row.provider);
      const avoided = known !== undefined && isBarred(known, now) ? known : null;
      const here = avoided === null ? "READY" : "AVOIDED";
      const state = !row.active ? "RETIRED" : connected ? here : awakeNow ? "AWAY" : "ASLEEP";
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
        duty: row.duty,
        connected,
        avoidedUntil: avoided?.until ?? null,
        state,
        cause: state === "AVOIDED" ? avoidedCause(avoided!) : PROVIDER_CAUSES[state],
      };
    });
}

function avoidedCause({ kind, until }: Distrust): string {
  return `It ${breachWords(kind)}: no new shards before ${minuteOf(until)}, unless others lack.`;
}

const PROVIDER_CAUSES = {
  READY: null,
  RETIRED: "It takes no new deals.",
  AWAY: "It is on duty but not connected to this gateway.",
  ASLEEP: "It is off duty by its own schedule.",
} as const;

/** @param received pieces in the spool, of a package without figures */
function summaryOf(
  context: Context,
  row: PackageRow,
  figures: PackageFigures | undefined,
  received: readonly PieceStatus[],
): PackageSummary {
  return {
    id: row.id,
    account: row.account,
    owner: row.owner,
    state: row.state,
    nameHash: row.nameHash,
    label: row.label,
    layout: row.layout,
    public: row.public,
    hot: row.hot,
    mask: row.mask,
    k: row.k,
    n: row.n,
    bytes: row.bytes,
    files: row.files,
    pieces: figures?.pieces ?? received.length,
    root: row.root,
    documentHash: row.documentHash,
    createdAt: row.createdAt,
    storedAt: row.storedAt,
    expiresAt: row.expiresAt,
    strength: { live: figures?.live ?? 0, needed: row.k, full: row.n },
    progress: progressOf(context, row, figures, received),
    ...wordsOf(row, figures?.waiting),
  };
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
  figures: PackageFigures | undefined,
  received: readonly PieceStatus[],
): PackageSummary["progress"] {
  if (row.state === "RECEIVING") {
    const done = received.reduce((sum, piece) => sum + piece.received, 0);
    return { stage: "receiving", done, total: done };
  }
  if (row.state === "COMMITTING") {
    return { stage: "computing commitments", ...(context.committing.get(row.id) ?? { done: 0, total: 1 }) };
  }
  const stage = { PLACING: "handing over", DEGRADED: "repairing", ENDING: "ending" }[row.state as string] ?? "done";
  let done = 0;
  let total = 0;
  for (const [phase, slots] of figures?.phases ?? []) {
    done += slots * STEP[phase];
    total += slots * STEP.ACTIVE;
  }
  return { stage, done, total };
}

/** Cause and cure of a state that is not its last: the package's own, or those of the slot that waits. */
function wordsOf(row: PackageRow, waiting: PackageFigures["waiting"]): { cause: string | null; next: string | null } {
  if (row.cause !== null) return { cause: row.cause, next: row.next };
  if (waiting && ["PLACING", "DEGRADED", "LOST"].includes(row.state)) {
    const where = `Shard ${waiting.shard} of piece ${waiting.piece}: `;
    return { cause: where + waiting.cause, next: waiting.next };
  }
  return WORDS[row.state];
}

const WORDS: Record<PackageRow["state"], { cause: string | null; next: string | null }> = {
  RECEIVING: { cause: "Its pieces are being uploaded.", next: "Go on with `cairn put`, or drop it with `cairn rm`." },
  COMMITTING: { cause: "The commitments of its shards are being computed.", next: "Wait." },
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
