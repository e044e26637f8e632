/** Polynomial of ISO 3309, reflected, as zip wants it. */
const POLYNOMIAL = 0xedb88320;
/** Eight bytes at a time: table k is that of a byte with k bytes behind it. */
const TABLES = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  (TABLES[0] as Uint32Array)[byte] = value;
}
for (let table = 1; table < 8; table++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = (TABLES[table - 1] as Uint32Array)[byte] as number;
    (TABLES[table] as Uint32Array)[byte] = (before >>> 8) ^ ((TABLES[0] as Uint32Array)[before & 255] as number);
  }
}
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
];

/** CRC-32 of what it is fed. */
export class Crc32 {
  #state = 0xffff_ffff;

  get value(): number {
    return (this.#state ^ 0xffff_ffff) >>> 0;
  }

  update(bytes: Uint8Array): void {
    let crc = this.#state;
    const whole = bytes.length & -8;
    let at = 0;
    const b = (index: number): number => bytes[index] as number;
    const t = (table: Uint32Array, byte: number): number => table[byte] as number;
    for (; at < whole; at += 8) {
      crc ^= b(at) | (b(at + 1) << 8) | (b(at + 2) << 16) | (b(at + 3) << 24);
      crc =
        t(T7, crc & 255) ^
        t(T6, (crc >>> 8) & 255) ^
        t(T5, (crc >>> 16) & 255) ^
        t(T4, crc >>> 24) ^
        t(T3, b(at + 4)) ^
        t(T2, b(at + 5)) ^
        t(T1, b(at + 6)) ^
        t(T0, b(at + 7));
    }
    for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t(T0, (crc ^ b(at)) & 255);
    this.#state = crc;
  }
}
