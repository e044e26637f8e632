import { type Queryable, toJson } from "@cairn/catalog";
import { type Avoided, type SlotPhase, type SlotState, slotCommand } from "@cairn/core";
import {
  type Address,
  type DealId,
  type Hex,
  messageFromJson,
  messageToJson,
  type PackageId,
  plainText,
  type Quote,
} from "@cairn/protocol";

/** A row of catalog.slots: the pure state and what its commands need. */
export interface SlotRow {
  package: PackageId;
  piece: number;
  shard: number;
  commitment: Hex;
  rawLength: number;
  state: SlotState;
  quote: Quote | null;
  quoteSignature: Hex | null;
  receipt: Hex | null;
}

/** The parts of the state that have no column of their own. */
interface Detail {
  quoteExpiry: number | null;
  deadline: number | null;
  recorded: boolean;
  withdrawing: boolean;
  healing: boolean;
  spare: SlotState["spare"];
}

const COLUMNS = `package, piece, shard, commitment, raw_length::float8 as raw_length, state, deal, provider, quote, quote_signature,
  receipt, proposal, attempts, excluded, source, detail, extract(epoch from next_due_at)::float8 as due, cause, next`;

export async function loadSlots(db: Queryable, id: PackageId): Promise<SlotRow[]> {
  const { rows } = await db.query(`select ${COLUMNS} from catalog.slots where package = $1 order by piece, shard`, [
    id,
  ]);
  return rows.map(slotOf);
}

export async function loadPieceSlots(db: Queryable, id: PackageId, piece: number): Promise<SlotRow[]> {
  const { rows } = await db.query(
    `select ${COLUMNS} from catalog.slots where package = $1 and piece = $2 order by shard`,
    [id, piece],
  );
  return rows.map(slotOf);
}

export async function findSlotByDeal(db: Queryable, deal: DealId): Promise<SlotRow | undefined> {
  const { rows } = await db.query(`select ${COLUMNS} from catalog.slots where deal = $1`, [deal]);
  return rows[0] === undefined ? undefined : slotOf(rows[0]);
}

export async function lockSlot(db: Queryable, id: PackageId, piece: number, shard: number): Promise<SlotRow> {
  const { rows } = await db.query(
    `select ${COLUMNS} from catalog.slots where package = $1 and piece = $2 and shard = $3 for update`,
    [id, piece, shard],
  );
  return slotOf(rows[0] as Record<string, unknown>);
}

export async function saveSlot(db: Queryable, row: SlotRow): Promise<void> {
  const { state } = row;
  const detail: Detail = {
    quoteExpiry: state.quoteExpiry,
    deadline: state.deadline,
    recorded: state.recorded,
    withdrawing: state.withdrawing,
    healing: state.healing,
    spare: state.spare,
  };
  await db.query({
    name: "market-save-slot",
    text: `update catalog.slots set state = $4, deal = $5, provider = $6, quote = $7, quote_signature = $8, receipt = $9, proposal = $10,
             attempts = $11, excluded = $12, source = $13, detail = $14, next_due_at = to_timestamp($15), cause = $16, next = $17
           where package = $1 and piece = $2 and shard = $3`,
    values: [
      row.package,
      row.piece,
      row.shard,
      state.phase,
      state.deal,
      state.provider,
      row.quote === null ? null : toJson(messageToJson<"Quote">(row.quote)),
      row.quoteSignature,
      row.receipt,
      state.proposal,
      state.failures,
      toJson(state.avoided),
      state.source,
      toJson(detail),
      dueOf(state),
      textOf(state.cause),
      textOf(state.next),
    ],
  });
}

/** What a slot says of itself is often a provider's own words. */
const textOf = (words: string | null): string | null => (words === null ? null : plainText(words));

/** When the slot wants something done (UNIX seconds, 0: at once), or null when it rests. */
export function dueOf(state: SlotState): number | null {
  return slotCommand(state, Number.MAX_SAFE_INTEGER) === undefined ? null : state.dueAt;
}

/** ACTIVE, and not known to be damaged. */
export function isLive(state: SlotState): boolean {
  return state.phase === "ACTIVE" && !state.healing;
}

function slotOf(row: Record<string, unknown>): SlotRow {
  const detail = row.detail as Partial<Detail>;
  return {
    package: row.package as string,
    piece: row.piece as number,
    shard: row.shard as number,
    commitment: row.commitment as Hex,
    rawLength: row.raw_length as number,
    quote: row.quote === null ? null : messageFromJson("Quote", row.quote),
    quoteSignature: row.quote_signature as Hex | null,
    receipt: row.receipt as Hex | null,
    state: {
      phase: row.state as SlotPhase,
      provider: row.provider as Address | null,
      deal: row.deal as DealId | null,
      quoteExpiry: detail.quoteExpiry ?? null,
      proposal: row.proposal as string | null,
      deadline: detail.deadline ?? null,
      recorded: detail.recorded ?? false,
      withdrawing: detail.withdrawing ?? false,
      failures: row.attempts as number,
      source: row.source as SlotState["source"],
      healing: detail.healing ?? false,
      spare: detail.spare ?? null,
      avoided: row.excluded as Avoided[],
      dueAt: (row.due as number | null) ?? 0,
      cause: row.cause as string | null,
      next: row.next as string | null,
    },
  };
}
