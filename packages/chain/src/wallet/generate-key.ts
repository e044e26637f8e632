import { randomBytes } from "node:crypto";
import { CURVE_ORDER, type Hex } from "@cairn/protocol";

/** A new private key from the system's randomness. */
export function generateKey(): Hex {
  for (;;) {
    const value = BigInt(`0x${randomBytes(32).toString("hex")}`);
    if (value !== 0n && value < CURVE_ORDER) return `0x${value.toString(16).padStart(64, "0")}`;
  }
}
