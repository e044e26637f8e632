/** Objects by key (`a/b/c`, segments of [A-Za-z0-9._-]); an object appears whole or not at all. */
export interface BlobStore {
  /** Store unless the key exists. `false` when it already did; the stored object is never changed. */
  putIfAbsent(key: string, bytes: AsyncIterable<Uint8Array>): Promise<boolean>;
  /** Size in bytes, or undefined. */
  size(key: string): Promise<number | undefined>;
  /** Bytes [offset, offset + length); throws `blob-missing` or `blob-range`. */
  read(key: string, offset?: number, length?: number): AsyncIterable<Uint8Array>;
  remove(key: string): Promise<void>;
  list(prefix: string): AsyncIterable<{ key: string; size: number }>;
}
