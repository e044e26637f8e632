import { COIN_KINDS, type CoinKind } from "@cairn/core";
import type { Address, DealId, Hex, Money, Seconds } from "@cairn/protocol";
import { cursorOf, PAGE_LIMIT, type Page, readCursor, type SortOrder } from "./keyset.ts";
import type { Queryable } from "./queryable.ts";
import { ENTRY_KINDS, type EntryKind } from "./statement.ts";

/** A line of a wallet's history: of the coins at its address, or of what the contract holds for it. Amounts are signed wei. */
export interface HistoryLine {
  side: "coins" | "deposit";
  at: Seconds;
  block: number;
  kind: CoinKind | EntryKind;
  coins: Money;
  deposit: Money;
  escrow: Money;
  reserve: Money;
  /** What there is after it. */
  coinsAfter: Money;
  depositAfter: Money;
  counterparty: Address | null;
  transaction: Hex | null;
  deal: DealId | null;
  documentHash: Hex | null;
}

/** Of both sides; `deposit` and `withdraw` are of both. */
export const HISTORY_KINDS: (CoinKind | EntryKind)[] = [...new Set([...COIN_KINDS, ...ENTRY_KINDS])];

export interface HistoryRequest {
  wallet: Address;
  kinds?: readonly (CoinKind | EntryKind)[];
  /** Of one side alone. */
  side?: HistoryLine["side"];
  /** UNIX seconds, half-open. */
  from?: Seconds;
  before?: Seconds;
  /** Newest first unless told otherwise. */
  order?: SortOrder;
  after?: string;
  limit?: number;
}

/** Sides of one block: what happened at the address comes first. */
const SIDES = ["coins", "deposit"] as const;
const SIDE_WIDTH = 4294967296;

/**
 * A page of a wallet's history, in the chain's order, up to the last block that both sides are complete to.
 * @returns also `through`, that block; null before there is one
 * @throws CairnError `bad-cursor`
 */
export async function pageHistory(
  db: Queryable,
  request: HistoryRequest,
): Promise<Page<HistoryLine> & { through: number | null }> {
  const { order = "desc", limit = PAGE_LIMIT } = request;
  const wallet = request.wallet.toLowerCase();
  const cursor = readCursor(request.after, "numeric");
  const through = await completeTo(db, wallet);
  if (through === null) return { rows: [], next: null, through };
  const compare = order === "asc" ? ">" : "<";
  // Block, side and place in it as one number, and the block alone, by which the index is walked.
  const position = (side: number, place: string) =>
    `(block::numeric * ${2 * SIDE_WIDTH} + ${side * SIDE_WIDTH} + ${place})`;
  const branch = (side: number, table: string, place: string, columns: string) =>
    `(select ${position(side, place)} as sorted, ${side} as side, block, ${place} as place, at, kind, ${columns}, counterparty, transaction
      from ${table}
      where wallet = $1 and block <= $2 and ($3::text[] is null or kind = any($3)) and ($4::bigint is null or at >= $4)
        and ($5::bigint is null or at < $5) and ($8::int is null or $8 = ${side})
        and ($6::numeric is null or (block ${compare}= div($6, ${2 * SIDE_WIDTH}) and ${position(side, place)} ${compare} $6))
      order by block ${order}, ${place} ${order} limit $7)`;
  const { rows } = await db.query(
    `with lines as (
       ${branch(0, "catalog.coin_entries", "position", "amount as coins, 0::numeric as deposit, 0::numeric as escrow, 0::numeric as reserve, balance, null as deal, null as document_hash")}
       union all
       ${branch(1, "catalog.entries", "log_index", "0::numeric, deposit, escrow, reserve, balance, deal, document_hash")}
     ), page as (select * from lines order by sorted ${order} limit $7)
     select *, sorted::text as sorted,
       case when side = 0 then balance else coalesce(
         (select e.balance from catalog.coin_entries e where e.wallet = $1 and e.block <= page.block order by e.block desc, e.position desc limit 1), 0) end as coins_after,
       case when side = 1 then balance else coalesce(
         (select e.balance from catalog.entries e where e.wallet = $1 and e.block < page.block order by e.block desc, e.log_index desc limit 1), 0) end as deposit_after
     from page order by page.sorted ${order}`,
    [
      wallet,
      through,
      request.kinds ?? null,
      request.from ?? null,
      request.before ?? null,
      cursor?.sorted ?? null,
      limit + 1,
      request.side === undefined ? null : SIDES.indexOf(request.side),
    ],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(lineOf),
    next: last === undefined ? null : cursorOf(last.sorted as string, wallet),
    through,
  };
}

/** The last block that the wallet's coins and the contract's events are both entered to. */
async function completeTo(db: Queryable, wallet: string): Promise<number | null> {
  const { rows } = await db.query(
    `select least(c.next_block, k.next_block)::float8 - 1 as through
     from catalog.coin_cursors c join catalog.cursors k on k.name = 'ledger' where c.wallet = $1`,
    [wallet],
  );
  return (rows[0] as { through: number } | undefined)?.through ?? null;
}

function lineOf(row: Record<string, unknown>): HistoryLine {
  const money = (column: string) => BigInt(row[column] as string);
  return {
    side: row.side === 0 ? "coins" : "deposit",
    at: Number(row.at),
    block: Number(row.block),
    kind: row.kind as HistoryLine["kind"],
    coins: money("coins"),
    deposit: money("deposit"),
    escrow: money("escrow"),
    reserve: money("reserve"),
    coinsAfter: money("coins_after"),
    depositAfter: money("deposit_after"),
    counterparty: row.counterparty as Address | null,
    transaction: row.transaction as Hex | null,
    deal: row.deal as DealId | null,
    documentHash: row.document_hash as Hex | null,
  };
}
