import { startKernel } from "@cairn/proofs/wasm";
import type { StreamedHash } from "./crypto.ts";
import { WASM_BASE64 } from "./kernels/generated/cipher.ts";

/** Exports of cipher.as.ts; every number is an address or a count in its memory. */
interface CipherKernel {
  cfb(
    keys: number,
    rounds: number,
    tables: number,
    box: number,
    before: number,
    data: number,
    count: number,
    decrypts: boolean,
  ): void;
  sha1(state: number, words: number, data: number, count: number): void;
}

const KEYS = 0;
const BEFORE = 256;
const STATE = 288;
const WORDS = 320;
const BOX = 1024;
const TABLES = 2048;
const DATA = 8192;
/** At a time: with its tables it stays in a first-level cache of 32 KiB. */
const STEP = 16_384;

interface Engine {
  kernel: CipherKernel;
  bytes: Uint8Array<ArrayBuffer>;
  words: Uint32Array<ArrayBuffer>;
}

let engine: Engine | undefined | "none";

/** Undefined where a page's policy allows no WebAssembly (`script-src` without `wasm-unsafe-eval`). */
function engineOf(): Engine | undefined {
  if (engine === undefined) {
    try {
      const started = startKernel<CipherKernel>(WASM_BASE64, DATA + STEP);
      engine = { ...started, words: new Uint32Array(started.bytes.buffer) };
      fillTables(engine);
    } catch {
      engine = "none";
    }
  }
  return engine === "none" ? undefined : engine;
}

/** The S-box (FIPS 197, 5.1.1) by powers of 3 in the field of 256 elements, and the tables of a round's columns. */
function fillTables({ bytes, words }: Engine): void {
  const power = new Uint8Array(256);
  const double = (value: number): number => (value << 1) ^ ((value & 0x80) === 0 ? 0 : 0x11b);
  for (let exponent = 0, value = 1; exponent < 256; exponent++) {
    power[exponent] = value;
    value ^= double(value);
  }
  const logarithm = new Uint8Array(256);
  for (let exponent = 0; exponent < 255; exponent++) logarithm[power[exponent] as number] = exponent;
  for (let byte = 0; byte < 256; byte++) {
    const inverse = byte === 0 ? 0 : (power[(255 - (logarithm[byte] as number)) % 255] as number);
    const twice = inverse | (inverse << 8);
    const s = (inverse ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4) ^ 0x63) & 255;
    bytes[BOX + byte] = s;
    const column = (double(s) & 255) | (s << 8) | (s << 16) | (((double(s) ^ s) & 255) << 24);
    for (let table = 0; table < 4; table++) {
      // A shift by 32 is none in JavaScript.
      const turned = table === 0 ? column : (column << (8 * table)) | (column >>> (32 - 8 * table));
      words[TABLES / 4 + table * 256 + byte] = turned;
    }
  }
}

/**
 * Whole blocks of cipher feedback into `out`; `before` has the ciphertext block before them, and gets the last. False where there is no kernel.
 * @param key expanded, little-endian words
 */
export function cfbByKernel(
  key: Uint32Array,
  before: Uint8Array,
  bytes: Uint8Array,
  out: Uint8Array,
  decrypts: boolean,
): boolean {
  const started = engineOf();
  if (started === undefined) return false;
  const { kernel, bytes: memory, words } = started;
  words.set(key, KEYS / 4);
  memory.set(before, BEFORE);
  const rounds = key.length / 4 - 1;
  for (let at = 0; at < bytes.length; at += STEP) {
    const part = bytes.subarray(at, at + STEP);
    memory.set(part, DATA);
    kernel.cfb(KEYS, rounds, TABLES, BOX, BEFORE, DATA, part.length / 16, decrypts);
    out.set(memory.subarray(DATA, DATA + part.length), at);
  }
  before.set(memory.subarray(BEFORE, BEFORE + 16));
  // Nothing of a key stays behind in memory that outlives its cipher.
  words.fill(0, KEYS / 4, KEYS / 4 + key.length);
  return true;
}

const BLOCK = 64;

/** SHA-1 by the kernel; undefined where there is none. */
export function sha1ByKernel(): StreamedHash | undefined {
  const started = engineOf();
  return started === undefined ? undefined : new KernelSha1(started);
}

class KernelSha1 implements StreamedHash {
  private readonly engine: Engine;
  private readonly state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  private readonly rest = new Uint8Array(BLOCK);
  private filled = 0;
  private length = 0;

  constructor(started: Engine) {
    this.engine = started;
  }

  update(bytes: Uint8Array): void {
    this.length += bytes.length;
    let at = 0;
    if (this.filled > 0) {
      at = Math.min(BLOCK - this.filled, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.filled);
      this.filled += at;
      if (this.filled < BLOCK) return;
      this.blocks(this.rest);
      this.filled = 0;
    }
    const end = at + ((bytes.length - at) & -BLOCK);
    for (; at < end; at += STEP) this.blocks(bytes.subarray(at, Math.min(at + STEP, end)));
    const tail = bytes.subarray(end);
    this.rest.set(tail);
    this.filled = tail.length;
  }

  digest(): Uint8Array {
    const padded = new Uint8Array(this.filled < BLOCK - 8 ? BLOCK : 2 * BLOCK);
    padded.set(this.rest.subarray(0, this.filled));
    padded[this.filled] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(this.length / 2 ** 29));
    view.setUint32(padded.length - 4, (this.length * 8) % 2 ** 32);
    this.blocks(padded);
    const digest = new Uint8Array(20);
    for (const [word, value] of this.state.entries()) new DataView(digest.buffer).setUint32(4 * word, value);
    return digest;
  }

  private blocks(bytes: Uint8Array): void {
    const { kernel, bytes: memory, words } = this.engine;
    words.set(this.state, STATE / 4);
    memory.set(bytes, DATA);
    kernel.sha1(STATE, WORDS, DATA, bytes.length / BLOCK);
    this.state.set(words.subarray(STATE / 4, STATE / 4 + 5));
  }
}
