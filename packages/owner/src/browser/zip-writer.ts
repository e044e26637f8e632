import { bytesOfName } from "@cairn/archive/names";
import { Crc32 } from "./crc-32.ts";

/** What stands in a zip: a file, a folder or a symbolic link. */
export interface ZipEntry {
  /** Names as the manifest has them, parted by slashes. */
  path: string;
  kind: "file" | "directory" | "symlink";
  /** 12 permission bits. */
  mode: number;
  /** Since 1970, rounded down. */
  seconds: number;
  /** Of a file: its length, where it is known. */
  size?: number;
}

/** Signatures, versions and flags of APPNOTE.TXT 6.3.10; its sections stand beside what uses them. */
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const DESCRIPTOR = 0x08074b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const VERSION = 20;
const VERSION_64 = 45;
/** 4.4.2: made by UNIX, so that modes and links count. */
const MADE_BY = (3 << 8) | VERSION_64;
/** 4.4.4: sizes and CRC stand behind the content; names are UTF-8. */
const FLAGS = (1 << 3) | (1 << 11);
const MAX_32 = 0xffff_ffff;
const MAX_16 = 0xffff;
const TYPES = { file: 0o100000, directory: 0o040000, symlink: 0o120000 };

interface Written {
  name: Uint8Array;
  entry: ZipEntry;
  offset: number;
  size: number;
  crc: number;
}

/**
 * Writes a zip as its contents come, stored as they are: encrypted or compressed content would not get smaller, and the rest is for whoever
 * unpacks it. With zip64 where a content, an offset or the number of entries needs it.
 */
export class ZipWriter {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #written: Written[] = [];
  #offset = 0;

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  async add(entry: ZipEntry, content?: AsyncIterable<Uint8Array>): Promise<void> {
    const name = bytesOfName(entry.kind === "directory" ? `${entry.path}/` : entry.path);
    const offset = this.#offset;
    // A content of unknown length may turn out long.
    const isLong = entry.kind === "file" && (entry.size ?? Number.POSITIVE_INFINITY) >= MAX_32;
    await this.#put(localHeader(entry, name, isLong));
    let size = 0;
    const crc = new Crc32();
    for await (const part of content ?? []) {
      crc.update(part);
      size += part.length;
      await this.#put(part);
    }
    await this.#put(descriptor(crc.value, size, isLong));
    this.#written.push({ name, entry, offset, size, crc: crc.value });
  }

  /** The directory at the end; without it the file is no zip. */
  async finish(): Promise<void> {
    const start = this.#offset;
    for (const written of this.#written) await this.#put(centralHeader(written));
    const length = this.#offset - start;
    const count = this.#written.length;
    if (count >= MAX_16 || start >= MAX_32 || length >= MAX_32) {
      const end = this.#offset;
      await this.#put(
        // 4.3.14 and 4.3.15.
        new Fields()
          .u32(END_64)
          .u64(44)
          .u16(MADE_BY)
          .u16(VERSION_64)
          .u32(0)
          .u32(0)
          .u64(count)
          .u64(count)
          .u64(length)
          .u64(start)
          .u32(LOCATOR_64)
          .u32(0)
          .u64(end)
          .u32(1).bytes,
      );
    }
    const few = Math.min(count, MAX_16);
    // 4.3.16.
    const fields = new Fields().u32(END).u16(0).u16(0).u16(few).u16(few);
    await this.#put(fields.u32(Math.min(length, MAX_32)).u32(Math.min(start, MAX_32)).u16(0).bytes);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes);
    this.#offset += bytes.length;
  }
}

/** 4.3.7. */
function localHeader(entry: ZipEntry, name: Uint8Array, isLong: boolean): Uint8Array {
  const sizes = isLong ? new Fields().u16(1).u16(16).u64(0).u64(0).bytes : new Uint8Array(0);
  const extra = new Fields().raw(sizes).raw(timeField(entry)).bytes;
  const none = isLong ? MAX_32 : 0;
  return new Fields()
    .u32(LOCAL)
    .u16(isLong ? VERSION_64 : VERSION)
    .u16(FLAGS)
    .u16(0)
    .u32(dosTime(entry.seconds))
    .u32(0)
    .u32(none)
    .u32(none)
    .u16(name.length)
    .u16(extra.length)
    .raw(name)
    .raw(extra).bytes;
}

/** 4.3.9. */
function descriptor(crc: number, size: number, isLong: boolean): Uint8Array {
  const fields = new Fields().u32(DESCRIPTOR).u32(crc);
  return isLong ? fields.u64(size).u64(size).bytes : fields.u32(size).u32(size).bytes;
}

/** 4.3.12. */
function centralHeader({ name, entry, offset, size, crc }: Written): Uint8Array {
  const isLong = size >= MAX_32;
  const isFar = offset >= MAX_32;
  const long = new Fields();
  if (isLong) long.u64(size).u64(size);
  if (isFar) long.u64(offset);
  const zip64 = long.bytes.length === 0 ? long.bytes : new Fields().u16(1).u16(long.bytes.length).raw(long.bytes).bytes;
  const extra = new Fields().raw(zip64).raw(timeField(entry)).bytes;
  const attributes = ((TYPES[entry.kind] | entry.mode) << 16) | (entry.kind === "directory" ? 0x10 : 0);
  return new Fields()
    .u32(CENTRAL)
    .u16(MADE_BY)
    .u16(isLong || isFar ? VERSION_64 : VERSION)
    .u16(FLAGS)
    .u16(0)
    .u32(dosTime(entry.seconds))
    .u32(crc)
    .u32(isLong ? MAX_32 : size)
    .u32(isLong ? MAX_32 : size)
    .u16(name.length)
    .u16(extra.length)
    .u16(0)
    .u16(0)
    .u16(0)
    .u32(attributes)
    .u32(isFar ? MAX_32 : offset)
    .raw(name)
    .raw(extra).bytes;
}

/** Info-ZIP's extended timestamp (extra field 0x5455), where the time fits: seconds of UTC, which MS-DOS's are not. */
function timeField({ seconds }: ZipEntry): Uint8Array {
  const fits = Math.abs(seconds) < 2 ** 31;
  return fits ? new Fields().u16(0x5455).u16(5).u8(1).u32(seconds).bytes : new Uint8Array(0);
}

/** 4.4.6: of two seconds, from 1980 to 2107; in UTC, as nobody knows where it is unpacked. */
function dosTime(seconds: number): number {
  const time = new Date(Math.min(Math.max(seconds, 315_532_800), 4_354_819_198) * 1000);
  const day = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const second = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return ((day << 16) | second) >>> 0;
}

/** Little-endian numbers, one behind the other. */
class Fields {
  readonly #bytes: number[] = [];

  u8(value: number): this {
    this.#bytes.push(value & 255);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >>> 8);
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  u64(value: number): this {
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
  }

  raw(bytes: Uint8Array): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
