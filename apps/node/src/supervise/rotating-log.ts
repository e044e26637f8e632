import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

const TAIL_BYTES = 4_096;

/**
 * A log file that never ends whoever writes to it: what the disk does not take, as it is full, is lost, and the next line that it takes says how much
 * that was. It is renamed to `PATH.1`, `PATH.1` to `PATH.2` and so on, when it has grown to `maximumBytes`; where that fails it is tried again with
 * the next line.
 */
export class RotatingLog {
  readonly path: string;
  readonly #maximumBytes: number;
  readonly #kept: number;
  #file: number;
  #size: number;
  #tail = Buffer.alloc(0);
  #closed = false;
  #lost = 0;

  constructor(path: string, maximumBytes = 10 * 1024 * 1024, kept = 3) {
    this.path = path;
    this.#maximumBytes = maximumBytes;
    this.#kept = kept;
    this.#file = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-TAIL_BYTES);
    let left = this.#lost === 0 ? bytes : Buffer.concat([Buffer.from(`… ${this.#lost} bytes were lost …\n`), bytes]);
    try {
      if (this.#size > 0 && this.#size + bytes.length > this.#maximumBytes) this.#rotate();
      while (left.length > 0) {
        const written = writeSync(this.#file, left);
        this.#size += written;
        left = left.subarray(written);
      }
      this.#lost = 0;
    } catch {
      this.#lost += Math.min(left.length, bytes.length);
    }
  }

  /** The last that was written, for an error message. */
  tail(): string {
    return this.#tail.toString("utf8").trim();
  }

  /** Nothing more is written. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #rotate(): void {
    const full = this.#file;
    const names = [this.path, ...Array.from({ length: this.#kept }, (_, n) => `${this.path}.${n + 1}`)];
    // Up to the first name that is free: a rotation that failed half-way has left one, and older files than that need not move again.
    const free = names.findIndex((name) => !existsSync(name));
    for (let n = free === -1 ? this.#kept : free; n > 0; n--) renameSync(names[n - 1]!, names[n]!);
    this.#file = openSync(this.path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
    closeSync(full);
  }
}
