import type { LedgerEvent } from "@cairn/core";
import type { Address, DealId, Hex, Money, Seconds } from "@cairn/protocol";
import type { PoolClient } from "pg";
import { cursorOf, PAGE_LIMIT, type Page, readCursor, type SortOrder } from "./keyset.ts";
import type { Queryable } from "./queryable.ts";

/**
 * What moves the money that the contract holds for a wallet. `reserve`: kept for repairs of a package; `escrow`: set aside for a deal; `pay`: from a deal's
 * escrow to its provider, of which the provider's payout wallet has `earned`; `refund`: what a deal did not use; `release`: what repairs did not use.
 */
export type EntryKind = "deposit" | "withdraw" | "reserve" | "escrow" | "pay" | "earned" | "refund" | "release";
export const ENTRY_KINDS: EntryKind[] = [
  "deposit",
  "withdraw",
  "reserve",
  "escrow",
  "pay",
  "earned",
  "refund",
  "release",
];

/** One line of a wallet's statement; amounts are signed wei. */
export interface Entry {
  wallet: Address;
  at: Seconds;
  block: number;
  logIndex: number;
  kind: EntryKind;
  deposit: Money;
  escrow: Money;
  reserve: Money;
  /** The wallet's deposit after it. */
  balance: Money;
  deal: DealId | null;
  documentHash: Hex | null;
  /** Provider of a deal; owner of what was earned. */
  counterparty: Address | null;
  transaction: Hex;
}

type Moved = Partial<Pick<Entry, "deposit" | "escrow" | "reserve" | "deal" | "documentHash" | "counterparty">>;

/** Enter what an event moved; call it in the projection's transaction, in the chain's order, before the event changes the deals. */
export async function enterEvent(client: PoolClient, event: LedgerEvent): Promise<void> {
  const enter = (wallet: string, kind: EntryKind, moved: Moved) => insertEntry(client, event, wallet, kind, moved);
  switch (event.name) {
    case "Deposited":
      return enter(event.account, "deposit", { deposit: event.amount });
    case "Withdrawn":
      return enter(event.account, "withdraw", { deposit: -event.amount });
    case "PackageCreated": {
      const { documentHash, owner, reserve } = event;
      if (reserve === 0n) return;
      return enter(owner, "reserve", { deposit: -reserve, reserve, documentHash });
    }
    case "ReserveReleased": {
      const { documentHash, owner, amount } = event;
      return enter(owner, "release", { deposit: amount, reserve: -amount, documentHash });
    }
    case "DealProposed": {
      const { deal, documentHash, owner, provider, escrow } = event;
      const from = (await isPaidFromReserve(client, event)) ? { reserve: -escrow } : { deposit: -escrow };
      return enter(owner, "escrow", { ...from, escrow, deal, documentHash, counterparty: provider });
    }
    case "DealPaid": {
      const { deal, amount, provider, payee } = event;
      const of = await partiesOf(client, deal);
      if (of === undefined) return;
      const { owner, documentHash } = of;
      await enter(owner, "pay", { escrow: -amount, deal, documentHash, counterparty: provider });
      return enter(payee, "earned", { deposit: amount, deal, documentHash, counterparty: owner });
    }
    case "DealRefunded": {
      const { deal, amount, toReserve } = event;
      const of = await partiesOf(client, deal);
      if (of === undefined) return;
      const { owner, provider, documentHash } = of;
      const to = toReserve ? { reserve: amount } : { deposit: amount };
      return enter(owner, "refund", { ...to, escrow: -amount, deal, documentHash, counterparty: provider });
    }
    default:
      return;
  }
}

/** A shard whose earlier deal came to be ACTIVE is paid from the reserve; withdrawn and expired proposals do not count (docs/protocol.md, 2). */
export async function isPaidFromReserve(
  client: PoolClient,
  { documentHash, owner, piece, shard }: Extract<LedgerEvent, { name: "DealProposed" }>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from catalog.deals where document_hash = $1 and owner = $2 and piece = $3 and shard = $4 and state in ('FAILED', 'COMPLETED') limit 1`,
    [documentHash, owner.toLowerCase(), piece, shard],
  );
  return rowCount === 1;
}

async function partiesOf(client: PoolClient, deal: DealId) {
  const { rows } = await client.query<{ owner: Address; provider: Address; documentHash: Hex }>(
    `select owner, provider, document_hash as "documentHash" from catalog.deals where deal = $1`,
    [deal],
  );
  return rows[0];
}

async function insertEntry(
  client: PoolClient,
  event: LedgerEvent,
  wallet: string,
  kind: EntryKind,
  { deposit = 0n, escrow = 0n, reserve = 0n, deal, documentHash, counterparty }: Moved,
): Promise<void> {
  // What a wallet earns from itself is two lines of one event: the second counts from the first.
  await client.query({
    name: "catalog-enter",
    text: `insert into catalog.entries (wallet, block, log_index, at, kind, deposit, escrow, reserve, balance, deal, document_hash, counterparty, transaction)
      select $1, $2, $3 * 2 + case when $5 = 'earned' then 1 else 0 end, $4, $5, $6::numeric, $7::numeric, $8::numeric,
        coalesce((select balance from catalog.entries where wallet = $1 order by block desc, log_index desc limit 1), 0) + $6::numeric, $9, $10, $11, $12`,
    values: [
      wallet.toLowerCase(),
      event.block,
      event.logIndex,
      event.time,
      kind,
      deposit.toString(),
      escrow.toString(),
      reserve.toString(),
      deal ?? null,
      documentHash ?? null,
      counterparty?.toLowerCase() ?? null,
      event.transaction,
    ],
  });
}

export interface StatementRequest {
  /** Of the account that asks. */
  wallets: readonly Address[];
  kinds?: readonly EntryKind[];
  /** UNIX seconds, half-open. */
  from?: Seconds;
  before?: Seconds;
  documentHash?: Hex;
  /** Newest first unless told otherwise. */
  order?: SortOrder;
  after?: string;
  limit?: number;
}

/** A page of the statement of wallets. @throws CairnError `bad-cursor` */
export async function pageEntries(db: Queryable, request: StatementRequest): Promise<Page<Entry>> {
  const { order = "desc", limit = PAGE_LIMIT } = request;
  // Block and place in it as one number; the wallet tells two lines of one event apart.
  const position = `(block::numeric * 4294967296 + log_index)`;
  const cursor = readCursor(request.after, "numeric");
  const { rows } = await db.query(
    `select *, ${position}::text as sorted from catalog.entries
     where wallet = any($1) and ($2::text[] is null or kind = any($2)) and ($3::bigint is null or at >= $3) and ($4::bigint is null or at < $4)
       and ($5::text is null or document_hash = $5)
       and ($6::numeric is null or (${position}, wallet) ${order === "asc" ? ">" : "<"} ($6::numeric, $7::text))
     order by block ${order}, log_index ${order}, wallet ${order} limit $8`,
    [
      request.wallets.map((wallet) => wallet.toLowerCase()),
      request.kinds ?? null,
      request.from ?? null,
      request.before ?? null,
      request.documentHash ?? null,
      cursor?.sorted ?? null,
      cursor?.id ?? null,
      limit + 1,
    ],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(entryOf),
    next: last === undefined ? null : cursorOf(last.sorted as string, last.wallet as string),
  };
}

function entryOf(row: Record<string, unknown>): Entry {
  return {
    wallet: row.wallet as Address,
    at: Number(row.at),
    block: Number(row.block),
    logIndex: Math.floor(Number(row.log_index) / 2),
    kind: row.kind as EntryKind,
    deposit: BigInt(row.deposit as string),
    escrow: BigInt(row.escrow as string),
    reserve: BigInt(row.reserve as string),
    balance: BigInt(row.balance as string),
    deal: row.deal as DealId | null,
    documentHash: row.document_hash as Hex | null,
    counterparty: row.counterparty as Address | null,
    transaction: row.transaction as Hex,
  };
}

/** What all lines of a wallet come to. */
export interface StatementTotals {
  wallet: Address;
  deposit: Money;
  escrow: Money;
  reserve: Money;
  /** By kind: what it moved in all, without sign. */
  kinds: Record<EntryKind, Money>;
}

export async function totalEntries(db: Queryable, wallets: readonly Address[]): Promise<StatementTotals[]> {
  const { rows } = await db.query(
    `select wallet, kind, sum(deposit)::text as deposit, sum(escrow)::text as escrow, sum(reserve)::text as reserve,
       sum(greatest(abs(deposit), abs(escrow), abs(reserve)))::text as moved
     from catalog.entries where wallet = any($1) group by wallet, kind`,
    [wallets.map((wallet) => wallet.toLowerCase())],
  );
  return wallets.map((wallet) => {
    const own = rows.filter((row) => row.wallet === wallet.toLowerCase());
    const sum = (column: string) => own.reduce((all, row) => all + BigInt(row[column] as string), 0n);
    const moved = (kind: EntryKind) => BigInt((own.find((row) => row.kind === kind)?.moved as string | undefined) ?? 0);
    return {
      wallet,
      deposit: sum("deposit"),
      escrow: sum("escrow"),
      reserve: sum("reserve"),
      kinds: Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, moved(kind)])) as Record<EntryKind, Money>,
    };
  });
}
