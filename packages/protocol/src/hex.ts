import { bytesToHex, hexToBytes } from "@noble/hashes/utils";
import type { Hex } from "./words.ts";

/** Bytes as a lower-case `0x` string. */
export const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`;

/** Bytes of a `0x` string with an even number of digits of either case. */
export const fromHex = (hex: Hex): Uint8Array => hexToBytes(hex.slice(2));
