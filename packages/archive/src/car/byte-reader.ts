import { CairnError } from "@cairn/protocol/errors";

export function corruptCar(what: string): CairnError {
  return new CairnError(`the CAR is damaged: ${what}`, {
    code: "corrupt-car",
    kind: "corrupt",
    next: "Fetch or make the CAR again.",
  });
}

/** Reads exact amounts from a stream of chunks, synchronously as long as the current chunk lasts. */
export class ByteReader {
  /** Bytes taken so far. */
  position = 0;
  private chunk: Uint8Array = new Uint8Array(0);
  private at = 0;
  private readonly source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

  constructor(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.source = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  }

  /** True when nothing is left. */
  async atEnd(): Promise<boolean> {
    return this.at === this.chunk.length && !(await this.advance());
  }

  /** A varint of at most `max`; throws `corrupt-car`. */
  async readVarint(max: number): Promise<number> {
    let value = 0;
    // Nine bytes at most (unsigned-varint).
    for (let factor = 1; ; factor *= 128) {
      if (factor >= 2 ** 63) throw corruptCar("a length has more than nine bytes");
      if (this.at === this.chunk.length && !(await this.advance())) throw corruptCar("it is cut short");
      const byte = this.chunk[this.at++] ?? 0;
      this.position++;
      value += (byte & 127) * factor;
      if (value > max) throw corruptCar(`a length is over ${max} bytes`);
      if (byte < 128) return value;
    }
  }

  /** Fills the target; throws `corrupt-car` when the stream ends before. Undefined: done without waiting. */
  readInto(target: Uint8Array): Promise<void> | undefined {
    const end = this.at + target.length;
    if (end <= this.chunk.length) {
      target.set(this.chunk.subarray(this.at, end));
      this.at = end;
      this.position += target.length;
      return undefined;
    }
    return this.fill(target);
  }

  /** What the source has at hand, at most `max` bytes; empty at the end. */
  async readSome(max: number): Promise<Uint8Array> {
    if (this.at === this.chunk.length && !(await this.advance())) return this.chunk.subarray(0, 0);
    const part = this.chunk.subarray(this.at, this.at + max);
    this.at += part.length;
    this.position += part.length;
    return part;
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async fill(target: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < target.length) {
      const part = await this.readSome(target.length - filled);
      if (part.length === 0) throw corruptCar("it is cut short");
      target.set(part, filled);
      filled += part.length;
    }
  }

  private async advance(): Promise<boolean> {
    for (;;) {
      const next = await this.source.next();
      if (next.done) return false;
      if (next.value.length === 0) continue;
      this.chunk = next.value;
      this.at = 0;
      return true;
    }
  }
}
