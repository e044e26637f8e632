/** The integer that bytes [start, end) are, big-endian; 0 for none. */
export function readInteger(bytes: Buffer, start: number, end: number): bigint {
  return start < end ? BigInt(`0x${bytes.toString("hex", start, end)}`) : 0n;
}

/** How many bytes a magnitude takes at least; 1 for zero. */
export function byteLength(value: bigint): number {
  return Math.ceil(value.toString(16).length / 2);
}

/** The shortest big-endian magnitude of an integer ≥ 0; one byte for zero. */
export function integerBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** `bytes` as a Buffer on the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
