/**
 * A cache of byte strings, bounded by the bytes it holds: two generations, the older thrown away whole when the younger is full.
 * An entry that is used survives; a look-up is one or two Map reads and nothing is kept per access.
 */
export class ByteCache {
  #young = new Map<string, Uint8Array>();
  #old = new Map<string, Uint8Array>();
  #size = 0;
  readonly #limit: number;

  /** `maxBytes` bounds both generations together, an overhead of about 200 B an entry counted. */
  constructor(maxBytes: number) {
    this.#limit = maxBytes / 2;
  }

  get(key: string): Uint8Array | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Uint8Array): void {
    if (this.#young.has(key)) return;
    this.#size += value.length + 200;
    if (this.#size > this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = value.length + 200;
    }
    this.#young.set(key, value);
  }
}
