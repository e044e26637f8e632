import type { PackageId } from "@cairn/protocol";
import type { Queryable } from "./queryable.ts";

/** Where a block's CAR frame (length, CID, data) stands in its piece, header counted. */
export interface BlockFrame {
  cid: Uint8Array;
  offset: number;
  length: number;
}

const BATCH = 5000;
/** As the index of the blocks has it. */
const DIGEST = "substring(cid from length(cid) - 31)";

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
      text: `with frames as materialized (select * from unnest($3::bigint[], $4::integer[], $5::bytea[]) as f (frame_offset, frame_length, cid)),
             public as (insert into catalog.public_blocks (digest, package, piece, frame_offset)
               select ${DIGEST}, $1, $2, min(frame_offset) from frames
               where (select public from catalog.packages where id = $1) group by 1 order by 1 on conflict do nothing)
             insert into catalog.blocks (package, piece, frame_offset, frame_length, cid)
             select $1, $2, frame_offset, frame_length, cid from frames on conflict do nothing`,
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

/** Forget the index of a package, or of one piece of it. */
export async function removeBlocks(db: Queryable, id: PackageId, piece?: number): Promise<void> {
  await db.query(
    `with gone as (delete from catalog.blocks where package = $1${piece === undefined ? "" : " and piece = $2"}
       returning ${DIGEST} as digest, package, piece)
     delete from catalog.public_blocks p using (select distinct digest, package, piece from gone) as gone
     where (select public from catalog.packages where id = $1)
       and p.digest = gone.digest and p.package = gone.package and p.piece = gone.piece`,
    piece === undefined ? [id] : [id, piece],
  );
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
/** Public packages with a block among which the places are picked: what a look costs does not grow with how many have it. A choice. */
const HOLDERS = 100;

/** Of the digests in a relation, each with the next public package that has the block, by one step down the table's key. */
const nextHolder = (condition: string) =>
  `cross join lateral (select package, piece, frame_offset from catalog.public_blocks b where b.digest = asked.digest${condition}
     order by b.package, b.piece limit 1) as f`;

/** Of `$1::bytea[]`, digests. */
export const FIND_PUBLIC_BLOCKS = `with recursive holders (digest, package, piece, frame_offset, nth) as (
    select asked.digest, f.package, f.piece, f.frame_offset, 1
    from (select distinct digest from unnest($1::bytea[]) as given (digest)) as asked ${nextHolder("")}
    union all
    select asked.digest, f.package, f.piece, f.frame_offset, asked.nth + 1
    from holders as asked ${nextHolder(" and b.package > asked.package")} where asked.nth < ${HOLDERS}),
  placed as (
    select h.*, p.state <> 'STORED' as whole, row_number() over (partition by h.digest order by p.state <> 'STORED', h.package) as place
    from holders h join catalog.packages p on p.id = h.package and p.public and p.read_capability is not null
      and p.state in ('PLACING', 'STORED', 'DEGRADED', 'LOST'))
  select digest, b.package, b.piece, b.frame_offset::float8 as offset, b.frame_length as length, b.cid
  from placed join catalog.blocks b using (package, piece, frame_offset) where place <= ${PLACES} order by digest, place`;

/**
 * Where blocks with these sha2-256 digests lie in public packages that can be read, at most three places of each, whole packages first. CIDs that differ in
 * version or codec alone name the same bytes. It takes some hundred steps for a block at most, however often packages have it, and none for private ones.
 */
export async function findPublicBlocks(db: Queryable, digests: readonly Uint8Array[]): Promise<PublicFrame[]> {
  const { rows } = await db.query({
    name: "catalog-find-public-blocks",
    text: FIND_PUBLIC_BLOCKS,
    values: [digests.map((digest) => Buffer.from(digest))],
  });
  return rows as PublicFrame[];
}
