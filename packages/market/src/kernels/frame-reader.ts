import { readSync } from "node:fs";
import { corruptCar, MAX_BLOCK_BYTES } from "@cairn/archive/scan-car";

/** Two blocks of the usual mebibyte and their headers fit; longer frames get a window of their length. */
const WINDOW_BYTES = 2_129_920;
/** Nine bytes at most (unsigned-varint). */
const VARINT_BYTES = 9;

/** CAR frames of a file in order, each as a view into one buffer that is filled again and again: no byte is copied more than once but what a border cuts. */
export class FrameReader {
  readonly #file: number;
  #window = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  /** What the window holds and nobody has taken. */
  #from = 0;
  #to = 0;
  /** Where the next frame begins in the file. */
  position: number;

  /** @param position where the first frame begins */
  constructor(file: number, position: number) {
    this.#file = file;
    this.position = position;
  }

  /** CID and block of the next frame, until the next call; undefined at the end. Throws `corrupt-car`. */
  next(): Uint8Array | undefined {
    if (!this.#fill(1)) return undefined;
    const { length, bytes } = this.#varint();
    if (!this.#fill(bytes + length)) throw corruptCar("it is cut short");
    const frame = this.#window.subarray(this.#from + bytes, this.#from + bytes + length);
    this.#from += bytes + length;
    this.position += bytes + length;
    return frame;
  }

  #varint(): { length: number; bytes: number } {
    this.#fill(VARINT_BYTES);
    let length = 0;
    let factor = 1;
    for (let bytes = 0; bytes < VARINT_BYTES; factor *= 128) {
      if (this.#from + bytes === this.#to) throw corruptCar("it is cut short");
      const byte = this.#window[this.#from + bytes++] ?? 0;
      length += (byte & 127) * factor;
      if (length > MAX_BLOCK_BYTES) throw corruptCar(`a length is over ${MAX_BLOCK_BYTES} bytes`);
      if (byte < 128) return { length, bytes };
    }
    throw corruptCar("a length has more than nine bytes");
  }

  /** Whether the window holds `needed` bytes: at the end of the file it may not. */
  #fill(needed: number): boolean {
    if (this.#to - this.#from >= needed) return true;
    const held = this.#window.subarray(this.#from, this.#to);
    if (needed > this.#window.length) this.#window = Buffer.allocUnsafeSlow(needed);
    this.#window.set(held);
    this.#from = 0;
    this.#to = held.length;
    while (this.#to < this.#window.length) {
      const at = this.position + this.#to;
      const read = readSync(this.#file, this.#window, this.#to, this.#window.length - this.#to, at);
      this.#to += read;
      if (read === 0) break;
    }
    return this.#to >= needed;
  }
}
