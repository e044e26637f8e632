/** The hashes and curve operations that the protocol needs; every implementation gives the same bytes. */
export interface Crypto {
  /** What is done by a native addon; the rest is JavaScript, and slower. */
  native: { keccak: boolean; curve: boolean };
  sha256(data: Uint8Array): Uint8Array;
  keccak(data: Uint8Array): Uint8Array;
  /** Uncompressed, 65 bytes; throws on a key outside [1, n). */
  publicKey(key: Uint8Array): Uint8Array;
  /** Low s, nonce by RFC 6979. */
  sign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recovery: number };
  /** Uncompressed, 65 bytes; throws when no key fits. */
  recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array;
}
