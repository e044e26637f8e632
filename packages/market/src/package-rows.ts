import { cursorOf, PAGE_LIMIT, type Page, type Queryable, readCursor } from "@cairn/catalog";
import {
  type PackageRef,
  type PlacementJson,
  type PlacementTerms,
  placementFromJson,
  type SlotPhase,
} from "@cairn/core";
import {
  type Address,
  CairnError,
  type Hex,
  type JsonSigned,
  type Mandate,
  type MaskId,
  type PackageId,
  type Seconds,
  type Signed,
  signedFromJson,
} from "@cairn/protocol";
import type { PackageLayout, PackageListRequest, PackageSort, PackageState } from "./types.ts";

/** A row of catalog.packages. */
export interface PackageRow {
  id: PackageId;
  account: string;
  owner: Address;
  nameHash: Hex;
  label: Uint8Array;
  state: PackageState;
  k: number;
  n: number;
  mask: MaskId;
  layout: PackageLayout;
  public: boolean;
  hot: boolean;
  days: number;
  /** What its owner demands of providers. */
  placement: PlacementTerms;
  root: string | null;
  documentHash: Hex | null;
  shardsRoot: Hex | null;
  manifest: { key: string; sha256: Hex; size: number } | null;
  mandate: Signed<"Mandate"> | null;
  readCapability: Signed<"ReadCapability"> | null;
  /** The owner's word that ends it; sent again until the chain has it. */
  termination: Signed<"Termination"> | null;
  repairKey: Uint8Array;
  verifierSet: Hex;
  bytes: number;
  files: number;
  createdAt: Seconds;
  /** When every shard was proved for the first time. */
  storedAt: Seconds | null;
  expiresAt: Seconds | null;
  recovered: boolean;
  /** The spool that its upload lies in; null where none does, or any may. */
  spool: string | null;
  cause: string | null;
  next: string | null;
}

export interface PieceRow {
  number: number;
  length: number;
  commP: Hex | null;
  indexed: boolean;
}

const COLUMNS = `id, account, owner, name_hash, label, state, k, n, mask, layout, public, hot, days, placement, root, document_hash, shards_root, manifest_key,
  manifest_sha256, manifest_size, mandate, owner_signature, read_capability, termination, repair_key, verifier_set, bytes, files,
  extract(epoch from created_at)::float8 as created_at,
  extract(epoch from stored_at)::float8 as stored_at, expires_at, recovered, spool, cause, next`;

/** @throws CairnError `unknown-package` */
export async function loadPackage(
  db: Queryable,
  id: PackageId,
  options: { account?: string | undefined; lock?: boolean } = {},
): Promise<PackageRow> {
  const { rows } = await db.query(
    `select ${COLUMNS} from catalog.packages where id = $1 and ($2::text is null or account = $2)${options.lock ? " for update" : ""}`,
    [id, options.account ?? null],
  );
  if (rows[0]) return packageOf(rows[0]);
  throw packageUnknown(id);
}

const packageUnknown = (id: PackageId) =>
  new CairnError(`there is no package ${id}`, { code: "unknown-package", kind: "missing" });

/** Make sure, by the primary key alone, that the account has the package. @throws CairnError `unknown-package` */
export async function requirePackage(db: Queryable, of: { id: PackageId; account: string }): Promise<void> {
  const { rowCount } = await db.query("select from catalog.packages where id = $1 and account = $2", [
    of.id,
    of.account,
  ]);
  if (rowCount !== 1) throw packageUnknown(of.id);
}

/** Microseconds since 1970, as which times of this machine are compared and handed on in cursors. */
const micros = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;
/** As numbers; `created` by its column, which has an index. */
const SORTED: Record<PackageSort, { column: string; type: "bigint" | "text" }> = {
  created: { column: micros("created_at"), type: "bigint" },
  stored: { column: `coalesce(${micros("stored_at")}, 0)`, type: "bigint" },
  expires: { column: "coalesce(expires_at, 0)", type: "bigint" },
  bytes: { column: "bytes", type: "bigint" },
  files: { column: "files", type: "bigint" },
  state: { column: "state", type: "text" },
};
export const PACKAGE_SORTS = Object.keys(SORTED) as PackageSort[];

/** A page of an account's packages. @throws CairnError `bad-cursor` */
export async function findPackages(db: Queryable, filter: PackageListRequest): Promise<Page<PackageRow>> {
  const { account, nameHash, gone = false, limit = PAGE_LIMIT, sort = "created", order = "asc", states } = filter;
  const { column, type } = SORTED[sort];
  const cursor = readCursor(filter.after, sort === "created" ? "micros" : type);
  const position = sort === "created" ? "(created_at, id)" : `(${column}, id)`;
  const from =
    sort === "created"
      ? "(timestamptz 'epoch' + $4::float8 * interval '1 microsecond', $5::text)"
      : `($4::${type}, $5::text)`;
  const { rows } = await db.query(
    // Which packages first, by a sort of narrow rows; then all of those few.
    `with page as materialized (
       select id, ${column} as sorted from catalog.packages
       where account = $1 and ($2::bytea is null or name_hash = $2) and ($3 or state not in ('REMOVED', 'ABANDONED'))
         and ($7::text[] is null or state = any($7)) and ($5::text is null or ${position} ${order === "asc" ? ">" : "<"} ${from})
       order by ${sort === "created" ? "created_at" : column} ${order}, id ${order} limit $6)
     select ${COLUMNS}, page.sorted::text from page join catalog.packages using (id) order by page.sorted ${order}, id ${order}`,
    [
      account,
      nameHash === undefined ? null : bytesOf(nameHash),
      gone,
      cursor?.sorted ?? null,
      cursor?.id ?? null,
      limit + 1,
      states ?? null,
    ],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit).map(packageOf),
    next: last === undefined ? null : cursorOf(last.sorted as string, last.id as string),
  };
}

/** What a summary says of a package's pieces and slots, counted by the database. */
export interface PackageFigures {
  pieces: number;
  /** Live shards of the weakest piece. */
  live: number;
  /** How many slots are in each phase. */
  phases: Map<SlotPhase, number>;
  /** The first slot that is not live and says why. */
  waiting: { piece: number; shard: number; cause: string; next: string | null } | undefined;
}

/** As `isLive` has it, of rows of catalog.slots named `s`. */
export const LIVE = "s.state = 'ACTIVE' and not coalesce((s.detail->>'healing')::boolean, false)";

/** Figures of the packages, in three queries however many they are; a package without pieces in the catalog has none. */
export async function loadFigures(db: Queryable, ids: readonly PackageId[]): Promise<Map<PackageId, PackageFigures>> {
  const pieces = await db.query(
    `select package, count(*)::int as pieces, min(live)::int as live from (
       select p.package, count(*) filter (where ${LIVE}) as live
       from catalog.pieces p left join catalog.slots s on s.package = p.package and s.piece = p.number
       where p.package = any($1) group by p.package, p.number) as counted group by package`,
    [ids],
  );
  const phases = await db.query(
    "select package, state, count(*)::int as slots from catalog.slots where package = any($1) group by package, state",
    [ids],
  );
  const waiting = await db.query(
    `select distinct on (package) package, piece, shard, cause, next from catalog.slots s
     where package = any($1) and cause is not null and not (${LIVE}) order by package, piece, shard`,
    [ids],
  );
  const figures = new Map<PackageId, PackageFigures>();
  for (const row of pieces.rows as { package: PackageId; pieces: number; live: number }[]) {
    figures.set(row.package, { pieces: row.pieces, live: row.live, phases: new Map(), waiting: undefined });
  }
  for (const row of phases.rows as { package: PackageId; state: SlotPhase; slots: number }[]) {
    figures.get(row.package)?.phases.set(row.state, row.slots);
  }
  for (const row of waiting.rows as ({ package: PackageId } & NonNullable<PackageFigures["waiting"]>)[]) {
    const known = figures.get(row.package);
    if (known !== undefined) known.waiting = row;
  }
  return figures;
}

export async function findByDocument(db: Queryable, of: PackageRef): Promise<PackageRow | undefined> {
  const { rows } = await db.query(
    `select ${COLUMNS} from catalog.packages where document_hash = $1 and owner = $2 and state <> 'ABANDONED'
       order by created_at limit 1`,
    [of.documentHash, of.owner.toLowerCase()],
  );
  return rows[0] === undefined ? undefined : packageOf(rows[0]);
}

export async function loadPieces(db: Queryable, id: PackageId): Promise<PieceRow[]> {
  const { rows } = await db.query(
    `select number, length::float8 as length, comm_p as "commP", indexed from catalog.pieces where package = $1 order by number`,
    [id],
  );
  return rows as PieceRow[];
}

/** @throws CairnError `unknown-shard` */
export async function loadPiece(db: Queryable, id: PackageId, number: number): Promise<PieceRow> {
  const { rows } = await db.query(
    `select number, length::float8 as length, comm_p as "commP", indexed from catalog.pieces where package = $1 and number = $2`,
    [id, number],
  );
  if (rows[0]) return rows[0] as PieceRow;
  throw new CairnError(`package ${id} has no piece ${number}`, {
    code: "unknown-shard",
    kind: "missing",
    next: "Its pieces stand in `cairn show`.",
  });
}

/** The commitment document as it was signed. */
export async function loadDocument(db: Queryable, id: PackageId): Promise<Uint8Array> {
  const { rows } = await db.query("select document from catalog.packages where id = $1 and document is not null", [id]);
  if (rows[0]) return (rows[0] as { document: Buffer }).document;
  throw new CairnError(`package ${id} has no document yet: its upload is not complete`, {
    code: "wrong-state",
    kind: "conflict",
  });
}

export function bytesOf(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), "hex");
}

/** Mandate and read capability are there from PLACING on; their absence later is a recovered package. */
export function mandateOf(row: PackageRow): Signed<"Mandate"> {
  if (row.mandate) return row.mandate;
  throw new CairnError(`package ${row.id} was recovered without a mandate: this gateway may not propose deals for it`, {
    code: "no-mandate",
    kind: "conflict",
    next: "Put the folder again from here, or repair it from the gateway that stored it.",
  });
}

function packageOf(row: Record<string, unknown>): PackageRow {
  return {
    id: row.id as string,
    account: row.account as string,
    owner: row.owner as Address,
    nameHash: `0x${(row.name_hash as Buffer).toString("hex")}`,
    label: row.label as Buffer,
    state: row.state as PackageState,
    k: row.k as number,
    n: row.n as number,
    mask: row.mask as MaskId,
    layout: row.layout as PackageLayout,
    public: row.public as boolean,
    hot: row.hot as boolean,
    days: row.days as number,
    placement: placementFromJson(row.placement as PlacementJson),
    root: row.root as string | null,
    documentHash: row.document_hash as Hex | null,
    shardsRoot: row.shards_root as Hex | null,
    manifest:
      row.manifest_key === null
        ? null
        : {
            key: row.manifest_key as string,
            sha256: row.manifest_sha256 as Hex,
            size: Number(row.manifest_size),
          },
    mandate:
      row.mandate === null
        ? null
        : signedFromJson("Mandate", { message: row.mandate as Mandate, signature: row.owner_signature }),
    readCapability:
      row.read_capability === null
        ? null
        : signedFromJson("ReadCapability", row.read_capability as JsonSigned<"ReadCapability">),
    termination:
      row.termination === null ? null : signedFromJson("Termination", row.termination as JsonSigned<"Termination">),
    repairKey: (row.repair_key as Buffer | null) ?? new Uint8Array(0),
    verifierSet: row.verifier_set as Hex,
    bytes: Number(row.bytes),
    files: Number(row.files),
    createdAt: Math.floor(row.created_at as number),
    storedAt: row.stored_at === null ? null : Math.floor(row.stored_at as number),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    recovered: row.recovered as boolean,
    spool: row.spool as string | null,
    cause: row.cause as string | null,
    next: row.next as string | null,
  };
}
