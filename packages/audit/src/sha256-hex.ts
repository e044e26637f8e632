import { hash } from "node:crypto";
import type { Hex } from "@cairn/core";

export const sha256Hex = (bytes: Uint8Array): Hex => `0x${hash("sha256", bytes)}`;
