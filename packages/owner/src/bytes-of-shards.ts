import { shardLength } from "@cairn/archive/erasure";

/** Of a piece without files, and for each file its encryption and its place in the piece: as packFolder makes them (see the test beside this). */
const EMPTY_PIECE_BYTES = 100;
const FILE_BYTES = 250;
/** For each byte, of the blocks that a long file is cut into. */
const BLOCKS_SHARE = 1e-4;

/** About how many bytes the shards of a package have together. */
export function bytesOfShards(files: number, bytes: number, { k, n }: { k: number; n: number }): number {
  const piece = EMPTY_PIECE_BYTES + files * FILE_BYTES + Math.ceil(bytes * (1 + BLOCKS_SHARE));
  return n * shardLength(piece, k);
}
