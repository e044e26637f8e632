import type { PackageId } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

/** Where a block's CAR frame (length, CID, data) stands in its piece, header counted. */
export interface BlockFrame {
  cid: Uint8Array;
  offset: number;
  length: number;
}

const BATCH = 5000;

/** Write a piece's index; frames that are there already are left as they are. */
export async function insertBlocks(
  db: Queryable,
  id: PackageId,
  piece: number,
  frames: readonly BlockFrame[],
): Promise<void> {
  for (let from = 0; from < frames.length; from += BATCH) {
    const part = frames.slice(from, from + BATCH);
    await db.query({
      name: "catalog-insert-blocks",
      text: `insert into catalog.blocks (package, piece, frame_offset, frame_length, cid)
             select $1, $2, * from unnest($3::bigint[], $4::integer[], $5::bytea[]) on conflict do nothing`,
      values: [
        id,
        piece,
        part.map((frame) => frame.offset),
        part.map((frame) => frame.length),
        part.map((frame) => Buffer.from(frame.cid)),
      ],
    });
  }
}

/** Frames of a piece from the one that holds byte `offset` on, in order, at most `limit`. */
export async function framesFrom(
  db: Queryable,
  id: PackageId,
  piece: number,
  offset: number,
  limit: number,
): Promise<BlockFrame[]> {
  const { rows } = await db.query({
    name: "catalog-frames-from",
    text: `select cid, frame_offset::float8 as offset, frame_length as length from catalog.blocks
           where package = $1 and piece = $2 and frame_offset >= coalesce((select max(frame_offset) from catalog.blocks
             where package = $1 and piece = $2 and frame_offset <= $3), 0)
           order by frame_offset limit $4`,
    values: [id, piece, offset, limit],
  });
  return rows as BlockFrame[];
}

/** Frames of the named blocks of a package, one per CID that is there. */
export async function findBlocks(
  db: Queryable,
  id: PackageId,
  cids: readonly Uint8Array[],
): Promise<(BlockFrame & { piece: number })[]> {
  const { rows } = await db.query({
    name: "catalog-find-blocks",
    text: `select distinct on (cid) cid, piece, frame_offset::float8 as offset, frame_length as length from catalog.blocks
           where package = $1 and cid = any($2::bytea[]) and ${DIGEST} = any($3::bytea[]) order by cid, piece, frame_offset`,
    values: [id, cids.map((cid) => Buffer.from(cid)), cids.map(digestOf)],
  });
  return rows as (BlockFrame & { piece: number })[];
}

/** As the index of the blocks has it. */
const DIGEST = "substring(cid from length(cid) - 31)";
const DIGEST_BYTES = 32;
const digestOf = (cid: Uint8Array) => Buffer.from(cid.subarray(Math.max(0, cid.length - DIGEST_BYTES)));

/** Where a block lies in a public package. */
export interface PublicFrame extends BlockFrame {
  package: PackageId;
  piece: number;
  digest: Uint8Array;
}

/** Places of one block that are looked at: when it cannot be read from one, it may be from another. */
const PLACES = 3;

/**
 * Where blocks with these sha2-256 digests lie in public packages that can be read, at most three places of each, whole packages first. CIDs that differ in
 * version or codec alone name the same bytes.
 */
export async function findPublicBlocks(db: Queryable, digests: readonly Uint8Array[]): Promise<PublicFrame[]> {
  const { rows } = await db.query({
    name: "catalog-find-public-blocks",
    text: `select digest, b.package, b.piece, b.offset, b.length, b.cid
           from unnest($1::bytea[]) as asked (digest)
           cross join lateral (
             select distinct on (s.whole, f.package) s.whole, f.package, f.piece, f.frame_offset::float8 as offset, f.frame_length as length, f.cid
             from catalog.blocks f cross join lateral (
               select state <> 'STORED' as whole from catalog.packages p where p.id = f.package and p.public and p.read_capability is not null
                 and p.state in ('PLACING', 'STORED', 'DEGRADED', 'LOST')) s
             where substring(f.cid from length(f.cid) - 31) = asked.digest order by s.whole, f.package limit ${PLACES}) b
           order by digest, b.whole`,
    values: [digests.map((digest) => Buffer.from(digest))],
  });
  return rows as PublicFrame[];
}
