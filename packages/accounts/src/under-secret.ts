import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** RFC 5869: each use and each owner has a key of its own. */
const keyOf = (secret: string, info: string) => Buffer.from(hkdfSync("sha256", secret, "", info, 32));

/** A text under the home's secret, by AES-256-GCM; `info` says what it is and whose, and is needed to open it. */
export function encryptUnder(secret: string, info: string, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(secret, info), nonce);
  const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), bytes]);
}

/** @throws Error where it was made under another secret, or changed */
export function decryptUnder(secret: string, info: string, encrypted: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", keyOf(secret, info), encrypted.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(encrypted.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(encrypted.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
    "utf8",
  );
}
