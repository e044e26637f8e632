import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { CfbDecipher } from "./cfb-decipher.ts";
import type { Crypto, X25519Secret } from "./crypto.ts";

const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
/** Initial value of RFC 3394 key wrap. */
const WRAP_IV = Buffer.alloc(8, 0xa6);
const TAG_BYTES = 16;
/** OpenSSL's names, by the key's length. */
const GCM: Record<number, "aes-128-gcm" | "aes-256-gcm" | undefined> = { 16: "aes-128-gcm", 32: "aes-256-gcm" };
const CFB: Record<number, string | undefined> = { 16: "aes-128-cfb", 24: "aes-192-cfb", 32: "aes-256-cfb" };
const WRAP: Record<number, string | undefined> = { 16: "id-aes128-wrap", 24: "id-aes192-wrap", 32: "id-aes256-wrap" };

function secretOf(privateKey: KeyObject, publicKey: KeyObject): X25519Secret {
  return {
    point: publicKey.export({ format: "der", type: "spki" }).subarray(-32),
    agree: (point) =>
      diffieHellman({
        privateKey,
        publicKey: createPublicKey({ key: Buffer.concat([SPKI_PREFIX, point]), format: "der", type: "spki" }),
      }),
  };
}

function gcmOf(key: Uint8Array): "aes-128-gcm" | "aes-256-gcm" {
  const name = GCM[key.length];
  if (name === undefined) throw new Error(`AES-GCM has no key of ${key.length} bytes`);
  return name;
}

/** By OpenSSL. */
export const crypto: Crypto = {
  hash: (name, bytes) => hash(name, bytes, "buffer"),
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  sha1: () => createHash("sha1"),
  hmacSha256: (key, bytes) => createHmac("sha256", key).update(bytes).digest(),
  hkdfSha256: (secret, info, length) => new Uint8Array(hkdfSync("sha256", secret, "", info, length)),
  encryptGcm({ key, nonce, aad }, plain) {
    const cipher = createCipheriv(gcmOf(key), key, nonce);
    cipher.setAAD(aad);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  },
  decryptGcm({ key, nonce, aad }, encrypted) {
    const decipher = createDecipheriv(gcmOf(key), key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad);
    decipher.setAuthTag(encrypted.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(encrypted.subarray(0, -TAG_BYTES)), decipher.final()]);
  },
  encryptCfb: (key, iv) => createCipheriv(CFB[key.length] ?? "", key, iv),
  decryptCfb: (key, iv) => new CfbDecipher(key, iv),
  wrapKey(kek, plain) {
    const cipher = createCipheriv(WRAP[kek.length] ?? "", kek, WRAP_IV);
    return Buffer.concat([cipher.update(plain), cipher.final()]);
  },
  unwrapKey(kek, wrapped) {
    const decipher = createDecipheriv(WRAP[kek.length] ?? "", kek, WRAP_IV);
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  },
  scrypt: (passphrase, salt, cost, length) =>
    new Promise((resolve, reject) => {
      // OpenSSL refuses more than 32 MiB unless it is allowed: it needs 128 × N × r.
      const options = { ...cost, maxmem: 256 * cost.N * cost.r };
      scrypt(passphrase, salt, length, options, (error, key) => (error === null ? resolve(key) : reject(error)));
    }),
  generateX25519() {
    const { privateKey, publicKey } = generateKeyPairSync("x25519");
    return secretOf(privateKey, publicKey);
  },
  openX25519(secret) {
    const key = Buffer.concat([PKCS8_PREFIX, secret]);
    const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
    return secretOf(privateKey, createPublicKey(privateKey));
  },
  randomBytes,
  equalSecrets: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
