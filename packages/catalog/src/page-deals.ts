import type { Address, DealId, DealState, Hex, PackageId, Seconds } from "@cairn/protocol";
import { type DealRow, dealOf } from "./deals.ts";
import { cursorOf, PAGE_LIMIT, type Page, type PageRequest, readCursor } from "./keyset.ts";
import type { Queryable } from "./queryable.ts";

/** What each order sorts by; `number` columns are compared as numbers, and so is the cursor. */
const SORTS = {
  proposed: { column: "d.proposed_at", type: "bigint" },
  ends: { column: "coalesce(d.ends_at, 0)", type: "bigint" },
  price: { column: "d.price_per_period", type: "numeric" },
  bytes: { column: "d.raw_length", type: "bigint" },
  paid: { column: "d.paid", type: "numeric" },
  proved: { column: "coalesce(d.last_proved, -1)", type: "bigint" },
  checked: { column: "coalesce(d.checked_at, 0)", type: "bigint" },
  provider: { column: "d.provider", type: "text" },
  state: { column: "d.state", type: "text" },
} as const;
export type DealSort = keyof typeof SORTS;
export const DEAL_SORTS = Object.keys(SORTS) as DealSort[];

/** A deal with what its package and provider say of it: what an owner looks through. */
export interface DealLine extends DealRow {
  /** Of this gateway; null where another one keeps the package. */
  package: PackageId | null;
  /** Name and figures, encrypted for the account. */
  label: Uint8Array | null;
  packageCreatedAt: Seconds | null;
  root: string | null;
  /** Bytes of the piece's CAR. */
  pieceLength: number | null;
  commP: Hex | null;
  k: number | null;
  n: number | null;
  days: number | null;
  /** The demands that it was placed under, as JSON (`placementToJson`). */
  placement: unknown;
  region: string | null;
}

export interface DealPageRequest extends PageRequest<DealSort> {
  /** Wallets of the account that asks: no other owner's deals are looked at. */
  owners: readonly Address[];
  /** Of that account; what other accounts know of a package is not shown. */
  account: string;
  package?: PackageId;
  provider?: Address;
  states?: readonly DealState[];
  /** UNIX seconds, half-open; deals whose end is not known yet are left out. */
  endsFrom?: Seconds;
  endsBefore?: Seconds;
  /** Of the newest period in which it was proved: periods, half-open. */
  provedFrom?: number;
  provedBefore?: number;
  /** Of its last check: UNIX seconds, half-open. */
  checkedFrom?: Seconds;
  checkedBefore?: Seconds;
  /** What its last check came to. */
  checkResults?: readonly string[];
}

/** A page of deals, the newest proposal first unless told otherwise. @throws CairnError `bad-cursor` */
export async function pageDeals(db: Queryable, request: DealPageRequest): Promise<Page<DealLine>> {
  const { sort = "proposed", limit = PAGE_LIMIT } = request;
  const order = request.order ?? (sort === "proposed" ? "desc" : "asc");
  const { column, type } = SORTS[sort];
  const cursor = readCursor(request.after, type);
  const { rows } = await db.query(
    // Which deals first, by a sort of narrow rows; then what is said of those few.
    `with page as materialized (
       select d.deal, ${column} as sorted from catalog.deals d
       where d.owner = any($1) and ($4::text is null or d.provider = $4)
         and ($3::text is null or d.document_hash = (select document_hash from catalog.packages where id = $3 and account = $2))
         and ($5::text[] is null or d.state = any($5)) and ($6::bigint is null or d.ends_at >= $6) and ($7::bigint is null or d.ends_at < $7)
         and ($11::bigint is null or d.last_proved >= $11) and ($12::bigint is null or d.last_proved < $12)
         and ($13::bigint is null or d.checked_at >= $13) and ($14::bigint is null or d.checked_at < $14)
         and ($15::text[] is null or d.check_result = any($15))
         and ($8::text is null or (${column}, d.deal) ${order === "asc" ? ">" : "<"} ($8::${type}, $9::text))
       order by ${column} ${order}, d.deal ${order} limit $10)
     select d.*, page.sorted::text, p.id as package, p.label, floor(extract(epoch from p.created_at))::float8 as package_created_at,
       p.root, p.k, p.n, p.days, p.placement, c.length::float8 as piece_length, c.comm_p, r.region
     from page join catalog.deals d using (deal)
     left join catalog.packages p on p.document_hash = d.document_hash and p.owner = d.owner and p.account = $2 and p.state <> 'ABANDONED'
     left join catalog.pieces c on c.package = p.id and c.number = d.piece
     left join catalog.providers r on r.provider = d.provider
     order by page.sorted ${order}, d.deal ${order}`,
    [
      request.owners.map((owner) => owner.toLowerCase()),
      request.account,
      request.package ?? null,
      request.provider?.toLowerCase() ?? null,
      request.states ?? null,
      request.endsFrom ?? null,
      request.endsBefore ?? null,
      cursor?.sorted ?? null,
      cursor?.id ?? null,
      limit + 1,
      request.provedFrom ?? null,
      request.provedBefore ?? null,
      request.checkedFrom ?? null,
      request.checkedBefore ?? null,
      request.checkResults ?? null,
    ],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(lineOf),
    next: last === undefined ? null : cursorOf(last.sorted as string, last.deal as DealId),
  };
}

function lineOf(row: Record<string, unknown>): DealLine {
  return {
    ...dealOf(row),
    package: row.package as PackageId | null,
    label: row.label as Uint8Array | null,
    packageCreatedAt: row.package_created_at as Seconds | null,
    root: row.root as string | null,
    pieceLength: row.piece_length as number | null,
    commP: row.comm_p as Hex | null,
    k: row.k as number | null,
    n: row.n as number | null,
    days: row.days as number | null,
    placement: row.placement,
    region: row.region as string | null,
  };
}
