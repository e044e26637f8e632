/**
 * Bytes [offset, offset + length) of the stored shard, in memory that later calls leave alone (unless the caller says for how long it needs them): several are under way at once. Fewer bytes than asked for count as damage there; a rejection is the reader's
 * own failure and is passed on.
 */
export type ReadRaw = (offset: number, length: number) => Uint8Array | Promise<Uint8Array>;

/** A range of stored bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}
