/** What this needs of WebCrypto, typed by hand so that neither the DOM's types nor Node's are needed. */
interface Subtle {
  importKey(format: "raw", key: Uint8Array, algorithm: string, extractable: boolean, usages: string[]): Promise<object>;
  encrypt(algorithm: { name: string; iv: Uint8Array }, key: object, bytes: Uint8Array): Promise<ArrayBuffer>;
  digest(algorithm: string, bytes: Uint8Array): Promise<ArrayBuffer>;
}

/** Undefined in a page that is neither of this machine nor came by https: browsers have none there. */
export const subtleOf = (): Subtle | undefined => globalThis.crypto?.subtle as unknown as Subtle | undefined;
