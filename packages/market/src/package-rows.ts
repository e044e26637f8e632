import type { Queryable } from "@cairn/catalog";
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
} from "@cairn/core";
import type { PackageLayout, PackageState } from "./types.ts";

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
  days: number;
  root: string | null;
  manifestHash: Hex | null;
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
  expiresAt: Seconds | null;
  recovered: boolean;
  cause: string | null;
  next: string | null;
}

export interface PieceRow {
  number: number;
  length: number;
  commP: Hex | null;
  indexed: boolean;
}

const COLUMNS = `id, account, owner, name_hash, label, state, k, n, mask, layout, days, root, manifest_hash, shards_root, manifest_key,
  manifest_sha256, manifest_size, mandate, owner_signature, read_capability, termination, repair_key, verifier_set, bytes, files,
  extract(epoch from created_at)::float8 as created_at, expires_at, recovered, cause, next`;

/** @throws CairnError `package-unknown` */
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
  throw new CairnError(`there is no package ${id}`, {
    code: "package-unknown",
    kind: "missing",
    next: "List the packages with `cairn ls`.",
  });
}

export async function findPackages(db: Queryable, account: string, nameHash?: Hex): Promise<PackageRow[]> {
  const { rows } = await db.query(
    `select ${COLUMNS} from catalog.packages where account = $1 and ($2::bytea is null or name_hash = $2)
       and state not in ('REMOVED', 'ABANDONED') order by created_at, id`,
    [account, nameHash === undefined ? null : bytesOf(nameHash)],
  );
  return rows.map(packageOf);
}

export async function findByManifest(db: Queryable, manifestHash: Hex): Promise<PackageRow | undefined> {
  const { rows } = await db.query(
    `select ${COLUMNS} from catalog.packages where manifest_hash = $1 and state <> 'ABANDONED' order by created_at limit 1`,
    [manifestHash],
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

/** @throws CairnError `piece-unknown` */
export async function loadPiece(db: Queryable, id: PackageId, number: number): Promise<PieceRow> {
  const { rows } = await db.query(
    `select number, length::float8 as length, comm_p as "commP", indexed from catalog.pieces where package = $1 and number = $2`,
    [id, number],
  );
  if (rows[0]) return rows[0] as PieceRow;
  throw new CairnError(`package ${id} has no piece ${number}`, {
    code: "piece-unknown",
    kind: "missing",
    next: "Its pieces stand in `cairn show`.",
  });
}

/** The commitment document as it was signed. */
export async function loadDocument(db: Queryable, id: PackageId): Promise<Uint8Array> {
  const { rows } = await db.query("select document from catalog.packages where id = $1 and document is not null", [id]);
  if (rows[0]) return (rows[0] as { document: Buffer }).document;
  throw new CairnError(`package ${id} is not sealed`, { code: "wrong-state", kind: "conflict" });
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
    days: row.days as number,
    root: row.root as string | null,
    manifestHash: row.manifest_hash as Hex | null,
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
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    recovered: row.recovered as boolean,
    cause: row.cause as string | null,
    next: row.next as string | null,
  };
}
