/** Objects by key (`a/b/c`, segments of [A-Za-z0-9._-]); an object appears whole or not at all. */
export interface BlobStore {
  /**
   * Store unless the key exists. `false` when it already did; the stored object is never changed, and the bytes need not be read
   * then. Durable on return. Throws `blob-key`, `no-space`, or what the source throws; then nothing is stored.
   */
  putIfAbsent(key: string, bytes: AsyncIterable<Uint8Array>): Promise<boolean>;
  /** Size in bytes, or undefined. */
  size(key: string): Promise<number | undefined>;
  /** Bytes [offset, offset + length), in parts of at most 1 MiB; throws `blob-missing` or `blob-range`. */
  read(key: string, offset?: number, length?: number): AsyncIterable<Uint8Array>;
  /** Nothing happens when the key does not exist. Durable on return. */
  remove(key: string): Promise<void>;
  /** Every object whose key begins with the text `prefix`, in the order of the keys' code units. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>;
}
