import { crypto } from "#crypto";
import { toHex } from "./hex.ts";
import type { Hex } from "./words.ts";

const utf8 = new TextEncoder();

/** The SHA-256 of bytes, or of a text's UTF-8, as the chain and signed messages have it. */
export const sha256Hex = (bytes: Uint8Array | string): Hex =>
  toHex(crypto.sha256(typeof bytes === "string" ? utf8.encode(bytes) : bytes));
