import { hash } from "node:crypto";
import type { Hex } from "@cairn/protocol";

/** The SHA-256 of bytes, or of a text's UTF-8, as the chain and signed messages have it. */
export const sha256Hex = (bytes: Uint8Array | string): Hex => `0x${hash("sha256", bytes)}`;
