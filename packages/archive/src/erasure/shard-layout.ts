/** Shards are whole quads of fr32 input, so that every leaf of their tree is full. */
const QUAD = 127;

/** Bytes of every shard of a piece: ceil(pieceLength / k / 127) · 127 (docs/protocol.md, 1). */
export function shardLength(pieceLength: number, k: number): number {
  return Math.ceil(pieceLength / (k * QUAD)) * QUAD;
}

/** Where data shard `i` < k begins in the zero-padded piece. */
export function dataOffset(pieceLength: number, k: number, i: number): number {
  return i * shardLength(pieceLength, k);
}
