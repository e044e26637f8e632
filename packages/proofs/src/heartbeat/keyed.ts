import { type Cipheriv, createCipheriv, createDecipheriv, createHmac, createSecretKey, type Hmac } from "node:crypto";

// A key given as bytes costs node:crypto ten microseconds a call; as a KeyObject, made on the spot, one.

type Mode = "cfb" | "cfb8" | "ctr";

/** HMAC-SHA256 under `key`. */
export function hmacSha256(key: Uint8Array): Hmac {
  return createHmac("sha256", createSecretKey(key));
}

/** AES as a stream, under a key of 16, 24 or 32 bytes. */
export function aesStream(mode: Mode, key: Uint8Array, iv: Uint8Array): Cipheriv {
  return createCipheriv(`aes-${key.length * 8}-${mode}`, createSecretKey(key), iv);
}

/** The way back from aesStream. */
export function aesReverse(mode: Mode, key: Uint8Array, iv: Uint8Array) {
  return createDecipheriv(`aes-${key.length * 8}-${mode}`, createSecretKey(key), iv);
}

/** AES-256 of single blocks, none of which hangs on another. */
export function aesBlocks(key: Uint8Array): Cipheriv {
  return createCipheriv("aes-256-ecb", createSecretKey(key), null).setAutoPadding(false);
}
