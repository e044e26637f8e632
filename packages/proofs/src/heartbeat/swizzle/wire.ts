import { integerBytes, readInteger } from "./integers.ts";

/** No integer on this wire has more bytes. */
export const MOST_INTEGER_BYTES = 1024;

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** u32 length ‖ data. */
export function sized(data: Uint8Array): Buffer {
  return Buffer.concat([u32(data.length), data]);
}

/** u32 length ‖ shortest big-endian magnitude. */
export function integer(value: bigint): Buffer {
  return sized(integerBytes(value));
}

/** Big-endian integers of `size` bytes each, as integer() writes each. */
export function integers(numbers: Buffer, size: number): Buffer {
  const target = Buffer.allocUnsafe((numbers.length / size) * (4 + size));
  let to = 0;
  for (let end = size; end <= numbers.length; end += size) {
    let start = end - size;
    while (start < end - 1 && numbers[start] === 0) start += 1;
    target.writeUInt32LE(end - start, to);
    to += 4 + numbers.copy(target, to + 4, start, end);
  }
  return target.subarray(0, to);
}

/**
 * Reads heartbeat's binary objects: u32 little-endian, integers and byte strings with a u32 length before them. After anything is
 * missing or too long every read gives zeros, and `done` is false.
 */
export class WireReader {
  #at = 0;
  #sound = true;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  #take(length: number): Buffer {
    const start = this.#at;
    this.#sound &&= length <= this.#bytes.length - start;
    if (!this.#sound) return Buffer.alloc(0);
    this.#at += length;
    return this.#bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.#take(1)[0] ?? 0;
  }

  u32(): number {
    const bytes = this.#take(4);
    return bytes.length === 4 ? bytes.readUInt32LE() : 0;
  }

  /** A byte string of exactly `length` bytes. */
  sized(length: number): Buffer {
    this.#sound &&= this.u32() === length;
    return this.#take(length);
  }

  /** An integer in its shortest form. */
  integer(): bigint {
    const length = this.u32();
    this.#sound &&= length > 0 && length <= MOST_INTEGER_BYTES;
    const bytes = this.#take(length);
    this.#sound &&= length === 1 || bytes[0] !== 0;
    return readInteger(bytes, 0, bytes.length);
  }

  /** Whether every read so far found what it asked for. */
  get sound(): boolean {
    return this.#sound;
  }

  /** Whether every read found what it asked for and nothing is left. */
  get done(): boolean {
    return this.#sound && this.#at === this.#bytes.length;
  }
}
