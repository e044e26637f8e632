import type { Address, DealId, DealState, Hex, PackageId, Seconds } from "@cairn/protocol";
import { type DealRow, dealOf } from "./deals.ts";
import type { DealSettings } from "./keep-proposal.ts";
import { cursorOf, PAGE_LIMIT, type Page, type PageRequest, readCursor } from "./keyset.ts";
import type { Queryable } from "./queryable.ts";

const PACKAGE =
  "left join catalog.packages p on p.document_hash = d.document_hash and p.owner = d.owner and p.account = $2 and p.state <> 'ABANDONED'";
/** What is joined to the deals `d` where a column of it is sorted or searched by. */
const JOINS = {
  p: PACKAGE,
  c: `${PACKAGE} left join catalog.pieces c on c.package = p.id and c.number = d.piece`,
  r: "left join catalog.providers r on r.provider = d.provider",
  o: "left join catalog.proposals o on o.deal = d.deal",
} as const;
const ALL_JOINS = [JOINS.c, JOINS.r, JOINS.o];

/** What each order sorts by; `number` columns are compared as numbers, and so is the cursor. */
const SORTS = {
  proposed: { column: "d.proposed_at", type: "bigint" },
  ends: { column: "coalesce(d.ends_at, 0)", type: "bigint" },
  price: { column: "d.price_per_period", type: "numeric" },
  bytes: { column: "d.raw_length", type: "bigint" },
  paid: { column: "d.paid", type: "numeric" },
  escrow: { column: "d.escrow", type: "numeric" },
  proved: { column: "coalesce(d.last_proved, -1)", type: "bigint" },
  checked: { column: "coalesce(d.checked_at, 0)", type: "bigint" },
  result: { column: "coalesce(d.check_result, '')", type: "text" },
  provider: { column: "d.provider", type: "text" },
  state: { column: "d.state", type: "text" },
  deal: { column: "d.deal", type: "text" },
  commitment: { column: "d.commitment", type: "text" },
  dealCid: { column: "coalesce(o.deal_cid, '')", type: "text", join: JOINS.o },
  // Registered by strangers, and cursors are short.
  region: { column: "left(coalesce(r.region, ''), 64)", type: "text", join: JOINS.r },
  package: { column: "coalesce(p.id, '')", type: "text", join: JOINS.p },
  created: {
    column: "coalesce((extract(epoch from p.created_at) * 1000000)::bigint, 0)",
    type: "bigint",
    join: JOINS.p,
  },
  root: { column: "left(coalesce(p.root, ''), 128)", type: "text", join: JOINS.p },
  piece: { column: "coalesce(c.comm_p, '')", type: "text", join: JOINS.c },
  carBytes: { column: "coalesce(c.length, 0)", type: "bigint", join: JOINS.c },
} as const satisfies Record<string, { column: string; type: "bigint" | "numeric" | "text"; join?: string }>;
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
  /** Null where another gateway proposed the deal, as are `settings`. */
  dealCid: string | null;
  settings: DealSettings | null;
}

/** What an owner looks for among deals. Times are UNIX seconds, half-open. */
interface DealSearch {
  package?: PackageId;
  /** Any of these. */
  packages?: readonly PackageId[];
  provider?: Address;
  /** One of the wallets. */
  owner?: Address;
  states?: readonly DealState[];
  region?: string;
  checkResults?: readonly string[];
  /** Deals whose end is not known yet are left out. */
  endsFrom?: Seconds;
  endsBefore?: Seconds;
  proposedFrom?: Seconds;
  proposedBefore?: Seconds;
  /** Of the package. */
  createdFrom?: Seconds;
  createdBefore?: Seconds;
  checkedFrom?: Seconds;
  checkedBefore?: Seconds;
  /** Periods: deals that were proved in it or later last. */
  provedFrom?: number;
  provedBefore?: number;
  /** Bytes of the shard. */
  bytesFrom?: number;
  bytesTo?: number;
  /** The beginning of anything that a deal is known by: its id or CID, a provider, package, root or commitment; or a state or region. */
  search?: string;
  /** Roots that a PieceCID begins with, from … to: what else `search` may mean. */
  searchRoots?: { from: Hex; to: Hex };
}

export interface DealPageRequest extends PageRequest<DealSort>, DealSearch {
  /** Wallets of the account that asks: no other owner's deals are looked at. */
  owners: readonly Address[];
  /** Of that account; what other accounts know of a package is not shown. */
  account: string;
}

/** The deals that fit, as SQL: joins and conditions on `d`, with the values of their parameters, of which $1 are the owners and $2 is the account. */
function dealsThatFit(request: Omit<DealPageRequest, "after" | "limit">): {
  joins: Set<string>;
  conditions: string[];
  values: unknown[];
} {
  const values: unknown[] = [request.owners.map((owner) => owner.toLowerCase()), request.account];
  // Each parameter is named, also where nothing that is asked for joins packages.
  const conditions = ["d.owner = any($1)", "$2::text is not null"];
  const joins = new Set<string>();
  const when = (value: unknown, condition: (parameter: string) => string, join?: string) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
    if (join !== undefined) joins.add(join);
  };
  const within = (column: string, from: number | undefined, before: number | undefined, join?: string) => {
    when(from, (it) => `${column} >= ${it}::bigint`, join);
    when(before, (it) => `${column} < ${it}::bigint`, join);
  };
  when(
    request.package,
    (it) => `d.document_hash = (select document_hash from catalog.packages where id = ${it} and account = $2)`,
  );
  when(
    request.packages,
    (it) => `d.document_hash in (select document_hash from catalog.packages where id = any(${it}) and account = $2)`,
  );
  when(request.provider?.toLowerCase(), (it) => `d.provider = ${it}`);
  when(request.owner?.toLowerCase(), (it) => `d.owner = ${it}`);
  when(request.states, (it) => `d.state = any(${it})`);
  when(request.region, (it) => `lower(r.region) = lower(${it})`, JOINS.r);
  when(request.checkResults, (it) => `d.check_result = any(${it})`);
  within("d.ends_at", request.endsFrom, request.endsBefore);
  within("d.proposed_at", request.proposedFrom, request.proposedBefore);
  within("floor(extract(epoch from p.created_at))", request.createdFrom, request.createdBefore, JOINS.p);
  within("d.checked_at", request.checkedFrom, request.checkedBefore);
  within("d.last_proved", request.provedFrom, request.provedBefore);
  when(request.bytesFrom, (it) => `d.raw_length >= ${it}::bigint`);
  when(request.bytesTo, (it) => `d.raw_length <= ${it}::bigint`);
  if (request.search !== undefined) {
    for (const join of ALL_JOINS) joins.add(join);
    values.push(request.search);
    const text = `$${values.length}::text`;
    // Ids of hex digits are in lower case; CIDs are as they are written.
    const lower = [
      "d.deal",
      "d.provider",
      "d.owner",
      "p.id",
      "d.commitment",
      "c.comm_p",
      "lower(d.state)",
      "lower(r.region)",
      "d.check_result",
    ];
    const any = [
      ...lower.map((column) => `starts_with(${column}, lower(${text}))`),
      ...["p.root", "o.deal_cid"].map((column) => `starts_with(${column}, ${text})`),
    ];
    if (request.searchRoots !== undefined) {
      values.push(request.searchRoots.from, request.searchRoots.to);
      const [from, to] = [values.length - 1, values.length];
      for (const column of ["c.comm_p", "d.commitment"]) any.push(`${column} collate "C" between $${from} and $${to}`);
    }
    conditions.push(`(${any.join(" or ")})`);
  }
  return { joins, conditions, values };
}

/** Joins in an order in which each may use those before it. */
function joinsOf(joins: ReadonlySet<string>): string {
  return [...joins].filter((one) => one !== JOINS.p || !joins.has(JOINS.c)).join(" ");
}

/** How many deals are listed at once, for an export. A choice: 100,000 take 20 MB. */
export const MOST_EXPORTED = 200_000;

/** A page of deals, the newest proposal first unless told otherwise. @throws CairnError `bad-cursor` */
export async function pageDeals(db: Queryable, request: DealPageRequest): Promise<Page<DealLine>> {
  const { limit = PAGE_LIMIT } = request;
  const { sorted, id, order, type, column, joins, conditions, values } = sortedDeals(request);
  if (sorted !== undefined) {
    values.push(sorted, id);
    conditions.push(
      `(${column}, d.deal) ${order === "asc" ? ">" : "<"} ($${values.length - 1}::${type}, $${values.length}::text)`,
    );
  }
  values.push(limit + 1);
  const { rows } = await db.query(
    // Which deals first, by a sort of narrow rows; then what is said of those few.
    `with page as materialized (
       select d.deal, ${column} as sorted from catalog.deals d ${joinsOf(joins)} where ${conditions.join(" and ")}
       order by ${column} ${order}, d.deal ${order} limit $${values.length})
     select page.sorted::text, ${LINE} from page join catalog.deals d using (deal) ${ALL_JOINS.join(" ")}
     order by page.sorted ${order}, d.deal ${order}`,
    values,
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(lineOf),
    next: last === undefined ? null : cursorOf(last.sorted as string, last.deal as DealId),
  };
}

const LINE = `d.*, p.id as package, p.label, floor(extract(epoch from p.created_at))::float8 as package_created_at,
  p.root, p.k, p.n, p.days, p.placement, c.length::float8 as piece_length, c.comm_p, r.region, o.deal_cid, o.settings`;

function sortedDeals(request: DealPageRequest) {
  const { sort = "proposed" } = request;
  const order = request.order ?? (sort === "proposed" ? "desc" : "asc");
  const { column, type, join } = SORTS[sort] as { column: string; type: "bigint" | "numeric" | "text"; join?: string };
  const cursor = readCursor(request.after, type);
  const fit = dealsThatFit(request);
  if (join !== undefined) fit.joins.add(join);
  return { ...fit, sorted: cursor?.sorted, id: cursor?.id, order, type, column };
}

/**
 * Ids of the deals that fit, all as they are at one moment, in order: what an export walks. At most one more than {@link MOST_EXPORTED}.
 */
export async function listDealIds(db: Queryable, request: Omit<DealPageRequest, "after" | "limit">): Promise<DealId[]> {
  const { order, column, joins, conditions, values } = sortedDeals(request);
  const { rows } = await db.query(
    `select d.deal from catalog.deals d ${joinsOf(joins)} where ${conditions.join(" and ")}
     order by ${column} ${order}, d.deal ${order} limit ${MOST_EXPORTED + 1}`,
    values,
  );
  return (rows as { deal: DealId }[]).map(({ deal }) => deal);
}

/** Some deals of these owners, in the order of the ids. */
export async function dealLines(
  db: Queryable,
  { owners, account, deals }: Pick<DealPageRequest, "owners" | "account"> & { deals: readonly DealId[] },
): Promise<DealLine[]> {
  const { rows } = await db.query(
    `select ${LINE} from unnest($3::text[]) with ordinality as asked (deal, place) join catalog.deals d using (deal) ${ALL_JOINS.join(" ")}
     where d.owner = any($1) order by asked.place`,
    [owners.map((owner) => owner.toLowerCase()), account, deals],
  );
  return rows.map(lineOf);
}

/** What was agreed for a deal of these owners, for whoever computes its CID anew. */
export async function findProposal(
  db: Queryable,
  { owners, deal }: Pick<DealPageRequest, "owners"> & { deal: DealId },
): Promise<{ dealCid: string; quote: Record<string, unknown>; signature: Hex; mandateHash: Hex } | undefined> {
  const { rows } = await db.query(
    `select o.deal_cid as "dealCid", o.quote, o.quote_signature as signature, o.mandate_hash as "mandateHash"
     from catalog.proposals o join catalog.deals d using (deal) where d.deal = $2 and d.owner = any($1)`,
    [owners.map((owner) => owner.toLowerCase()), deal],
  );
  return rows[0];
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
    dealCid: row.deal_cid as string | null,
    settings: row.settings as DealSettings | null,
  };
}
