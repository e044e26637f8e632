import { CairnError } from "@cairn/protocol/errors";
import type { Hex } from "@cairn/protocol/words";

/** Bytes of a `0x` string of exactly `length` bytes; throws `bad-hex`. */
export function hexToBytes(hex: Hex, length: number): Uint8Array {
  if (hex.length === 2 + 2 * length && hex.startsWith("0x")) {
    const bytes = Buffer.from(hex.slice(2), "hex");
    if (bytes.length === length) return bytes;
  }
  throw new CairnError(`expected ${length} bytes of 0x hex`, {
    code: "bad-hex",
    kind: "input",
    next: "Give 0x and two hex digits for each byte, no more and no fewer.",
    details: { length },
  });
}

export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}
