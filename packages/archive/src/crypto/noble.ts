import { aeskw, gcm } from "@noble/ciphers/aes";
import { equalBytes } from "@noble/ciphers/utils";
import { x25519 } from "@noble/curves/ed25519";
import { blake2b } from "@noble/hashes/blake2";
import { hkdf } from "@noble/hashes/hkdf";
import { hmac } from "@noble/hashes/hmac";
import { sha1 } from "@noble/hashes/legacy";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2";
import { sha3_256, sha3_512 } from "@noble/hashes/sha3";
import { CfbCipher } from "./cfb.ts";
import { sha1ByKernel } from "./cipher-kernel.ts";
import type { Crypto, HashName, X25519Secret } from "./crypto.ts";
import { subtleOf } from "./subtle.ts";

const HASHES: Record<HashName, (bytes: Uint8Array) => Uint8Array> = {
  sha256,
  sha384,
  sha512,
  "sha3-256": sha3_256,
  "sha3-512": sha3_512,
  blake2b512: (bytes) => blake2b(bytes, { dkLen: 64 }),
};

const randomBytes = (length: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(length));

function secretOf(secret: Uint8Array): X25519Secret {
  return { point: x25519.getPublicKey(secret), agree: (point) => x25519.getSharedSecret(secret, point) };
}

/** Asking the platform takes some 0.1 ms: shorter bytes are hashed here. */
const LONG = 16_384;

async function sha256Soon(bytes: Uint8Array): Promise<Uint8Array> {
  const subtle = subtleOf();
  if (subtle === undefined || bytes.length < LONG) return sha256(bytes);
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

/** In JavaScript, with a kernel for AES-CFB and SHA-1, and by WebCrypto what can wait: for browsers. */
export const crypto: Crypto = {
  hash: (name, bytes) => HASHES[name](bytes),
  sha256,
  sha256Soon,
  sha1: () => sha1ByKernel() ?? sha1.create(),
  hmacSha256: (key, bytes) => hmac(sha256, key, bytes),
  hkdfSha256: (secret, info, length) => hkdf(sha256, secret, undefined, info, length),
  encryptGcm: ({ key, nonce, aad }, plain) => gcm(key, nonce, aad).encrypt(plain),
  decryptGcm: ({ key, nonce, aad }, encrypted) => gcm(key, nonce, aad).decrypt(encrypted),
  encryptCfb: (key, iv) => new CfbCipher(key, iv, false),
  decryptCfb: (key, iv) => new CfbCipher(key, iv, true),
  wrapKey: (kek, plain) => aeskw(kek).encrypt(plain),
  unwrapKey: (kek, wrapped) => aeskw(kek).decrypt(wrapped),
  async scrypt(passphrase, salt, cost, length) {
    const { scryptAsync } = await import("@noble/hashes/scrypt");
    return scryptAsync(passphrase, salt, { ...cost, dkLen: length });
  },
  generateX25519: () => secretOf(randomBytes(32)),
  openX25519: secretOf,
  randomBytes,
  equalSecrets: equalBytes,
};
