/** Hashes that blocks may be named by. */
export type HashName = "sha256" | "sha384" | "sha512" | "sha3-256" | "sha3-512" | "blake2b512";

/** A hash that is fed part by part. */
export interface StreamedHash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** A cipher that gives as many bytes as it gets, whatever their number. */
export interface StreamCipher {
  update(bytes: Uint8Array): Uint8Array;
  /** The same by what the platform has of its own, where that answers later only: faster for long parts. One at a time. */
  updateSoon?(bytes: Uint8Array): Promise<Uint8Array>;
}

/** A secret of X25519 (RFC 7748), ready to agree with others. Points are 32 bytes, little-endian. */
export interface X25519Secret {
  point: Uint8Array;
  /** The shared secret; throws where a point gives none. */
  agree(point: Uint8Array): Uint8Array;
}

/** What AES-GCM encrypts under: a key of 16 or 32 bytes and a nonce of 12 that the key has met only once. */
export interface GcmOptions {
  key: Uint8Array;
  nonce: Uint8Array;
  /** Bound to the text and not in it. */
  aad: Uint8Array;
}

/** What packing, restoring and an owner's records need of cryptography; every implementation gives the same bytes. */
export interface Crypto {
  hash(name: HashName, bytes: Uint8Array): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
  /** The same by what the platform has of its own, where that answers later only: faster for long bytes, which must stay as they are meanwhile. */
  sha256Soon?(bytes: Uint8Array): Promise<Uint8Array>;
  sha1(): StreamedHash;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** HKDF (RFC 5869) with SHA-256 and no salt. */
  hkdfSha256(secret: Uint8Array, info: string, length: number): Uint8Array;
  /** AES-GCM (NIST SP 800-38D): the ciphertext with its tag of 16 bytes behind it. */
  encryptGcm(options: GcmOptions, plain: Uint8Array): Uint8Array;
  /** Throws when the tag does not fit. */
  decryptGcm(options: GcmOptions, encrypted: Uint8Array): Uint8Array;
  /** AES of the key's length in full-block cipher feedback (NIST SP 800-38A, 6.3); the IV has 16 bytes. */
  encryptCfb(key: Uint8Array, iv: Uint8Array): StreamCipher;
  decryptCfb(key: Uint8Array, iv: Uint8Array): StreamCipher;
  /** AES key wrap (RFC 3394, 2.2.1). */
  wrapKey(kek: Uint8Array, plain: Uint8Array): Uint8Array;
  /** Throws when the integrity check fails. */
  unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array;
  /** scrypt (RFC 7914): slow on purpose. */
  scrypt(
    passphrase: Uint8Array,
    salt: Uint8Array,
    cost: { N: number; r: number; p: number },
    length: number,
  ): Promise<Uint8Array>;
  generateX25519(): X25519Secret;
  /** @param secret 32 bytes, little-endian */
  openX25519(secret: Uint8Array): X25519Secret;
  randomBytes(length: number): Uint8Array;
  /** In a time that does not depend on where they differ. */
  equalSecrets(a: Uint8Array, b: Uint8Array): boolean;
}
