import { startKernel } from "../../kernels/wasm.ts";
import type { Sectors } from "../swizzle/sectors.ts";
import { WASM_BASE64 } from "./generated/sigma.ts";

/** Exports of sigma.as.ts; every number is an address or a count in its memory. */
interface SigmaExports {
  prepare(from: number, count: number, to: number, room: number): void;
  sigmas(data: number, pads: number, count: number, sectors: number, alphas: number, c: bigint, room: number): void;
}

export const NUMBER_BYTES = 128;
/** Sums of more sectors would not fit the kernel's 64 bits. */
const MOST_SECTORS = 12;
const MOST_C = 1n << 20n;
/** Chunks that the kernel takes at a time: a multiple of the four that it works on side by side. */
const BATCH_CHUNKS = 256;
const ALPHA_BYTES = 540;
const ROOM_BYTES = 65_536;

const belowPower = (prime: bigint) => (1n << 1024n) - prime;

/** Whether the kernel can do these sums: at most 12 sectors of 128 bytes, and a prime within 2^20 below 2^1024. */
export function fitsSigmaKernel({ sectors, sectorSize, prime }: Sectors): boolean {
  const c = belowPower(prime);
  return sectorSize === NUMBER_BYTES && sectors <= MOST_SECTORS && c > 0n && c < MOST_C;
}

/** Makes σ of whole chunks with one set of alphas. */
export class SigmaKernel {
  readonly #kernel: SigmaExports;
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #sectors: number;
  readonly #c: bigint;
  readonly #pads: number;
  readonly #alphas: number;
  readonly #room: number;

  /** `alphas`: one number of 128 bytes, big-endian, for each sector. */
  constructor({ sectors, prime }: Sectors, alphas: Uint8Array) {
    this.#sectors = sectors;
    this.#c = belowPower(prime);
    this.#pads = BATCH_CHUNKS * sectors * NUMBER_BYTES;
    this.#alphas = this.#pads + BATCH_CHUNKS * NUMBER_BYTES;
    this.#room = this.#alphas + MOST_SECTORS * ALPHA_BYTES;
    const { kernel, bytes } = startKernel<SigmaExports>(WASM_BASE64, this.#room + ROOM_BYTES);
    this.#kernel = kernel;
    this.#memory = bytes;
    bytes.set(alphas, this.#pads);
    kernel.prepare(this.#pads, sectors, this.#alphas, this.#room);
  }

  /** Replace the pads, 128 bytes big-endian for each of the whole chunks in `data`, by those chunks' σ. */
  sigmas(data: Uint8Array, pads: Uint8Array): void {
    const stride = this.#sectors * NUMBER_BYTES;
    const chunks = data.length / stride;
    for (let first = 0; first < chunks; first += BATCH_CHUNKS) {
      const count = Math.min(BATCH_CHUNKS, chunks - first);
      const numbers = pads.subarray(first * NUMBER_BYTES, (first + count) * NUMBER_BYTES);
      this.#memory.set(data.subarray(first * stride, (first + count) * stride));
      this.#memory.set(numbers, this.#pads);
      this.#kernel.sigmas(0, this.#pads, count, this.#sectors, this.#alphas, this.#c, this.#room);
      numbers.set(this.#memory.subarray(this.#pads, this.#pads + numbers.length));
    }
  }
}
