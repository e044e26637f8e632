import { startTreeKernel, type TreeKernel } from "./kernels/tree-kernel.ts";
import { type NodeHasher, nodeHasher } from "./native/node-hasher.ts";
import { NODE_BYTES, QUAD_BYTES, UNIT_BYTES, UNIT_HEIGHT } from "./sizes.ts";
import { zeroCommitment } from "./zero-commitments.ts";

const INPUT = 4096;
const LEAF_BYTES = NODE_BYTES * 2 ** UNIT_HEIGHT;
const align = (address: number) => Math.ceil(address / 4096) * 4096;

/** Addresses of layers 0 … UNIT_HEIGHT; one spare node after each, where an odd layer gets its zero sibling. */
const LAYERS: number[] = [];
let next = align(INPUT + UNIT_BYTES);
for (let height = 0; height <= UNIT_HEIGHT; height++) {
  LAYERS.push(next);
  next += LEAF_BYTES / 2 ** height + NODE_BYTES;
}
/** Operands of `open`: layer addresses, then positions. */
const OPERANDS = align(next);
const MAX_OPENED = 1024;
const OPERAND_BYTES = 4 * (LAYERS.length + MAX_OPENED);
const OPENED = align(OPERANDS + OPERAND_BYTES);
const OPENED_BYTES = MAX_OPENED * NODE_BYTES * (UNIT_HEIGHT + 1);

/**
 * The tree over up to one unit of raw bytes (UNIT_BYTES), in memory of its own (about 2.6 MB): fr32 and masks in WASM, one hash call
 * per layer. Views that it returns hold until its next call. Not reentrant: fill, hash and read without an `await` between.
 */
export class UnitHasher {
  /** Write raw bytes here, from offset 0. */
  readonly input: Uint8Array<ArrayBuffer>;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #operands: Uint32Array<ArrayBuffer>;
  readonly #kernel: TreeKernel;
  readonly #hasher: NodeHasher;

  constructor(hasher: NodeHasher = nodeHasher) {
    const { kernel, bytes } = startTreeKernel(OPENED + OPENED_BYTES);
    this.#bytes = bytes;
    this.#operands = new Uint32Array(bytes.buffer, OPERANDS, OPERAND_BYTES / 4);
    this.#kernel = kernel;
    this.#hasher = hasher;
    this.input = this.#bytes.subarray(INPUT, INPUT + UNIT_BYTES);
  }

  /**
   * Hash the first `rawLength` bytes (1 … UNIT_BYTES) of `input`, zero-padded to whole quads, up to `height` (≤ UNIT_HEIGHT).
   * Returns the ceil(leaves / 2^height) nodes of that layer.
   */
  hash(rawLength: number, height: number): Uint8Array<ArrayBuffer> {
    const quads = Math.max(1, Math.ceil(rawLength / QUAD_BYTES));
    this.input.fill(0, rawLength, quads * QUAD_BYTES);
    this.#kernel.fr32(INPUT, LAYERS[0]!, quads);
    let count = quads * 4;
    for (let level = 0; level < height; level++) count = this.#raise(level, level, count);
    return this.#nodes(height, count);
  }

  /** The layer above `nodes` (at `height`), written to `out`: ceil(count / 2) nodes, an odd last one paired with zeros. */
  hashLayer(nodes: Uint8Array, height: number, out: Uint8Array): void {
    const step = LEAF_BYTES;
    for (let from = 0; from < nodes.length; from += step) {
      const part = nodes.subarray(from, Math.min(nodes.length, from + step));
      this.#bytes.set(part, LAYERS[0]!);
      const count = this.#raise(0, height, part.length / NODE_BYTES);
      out.set(this.#nodes(1, count), from / 2);
    }
  }

  /**
   * After `hash`: for each leaf position (counted within what was hashed) its leaf and its siblings of the lowest `levels` layers,
   * written to `out` at the offset beside it.
   */
  open(positions: readonly number[], offsets: readonly number[], levels: number, out: Uint8Array): void {
    const size = NODE_BYTES * (levels + 1);
    this.#operands.set(LAYERS);
    for (let from = 0; from < positions.length; from += MAX_OPENED) {
      const part = positions.slice(from, from + MAX_OPENED);
      this.#operands.set(part, LAYERS.length);
      this.#kernel.open(OPERANDS, levels, OPERANDS + LAYERS.length * 4, part.length, OPENED, size);
      for (let i = 0; i < part.length; i++) {
        const opened = OPENED + i * size;
        out.set(this.#bytes.subarray(opened, opened + size), offsets[from + i]!);
      }
    }
  }

  /** Hash the layer in slot `slot`, whose nodes are at tree height `height`, into the slot above; returns the new count. */
  #raise(slot: number, height: number, count: number): number {
    const source = LAYERS[slot]!;
    const target = LAYERS[slot + 1]!;
    const pairs = Math.ceil(count / 2);
    if (count % 2 === 1) this.#bytes.set(zeroCommitment(height), source + count * NODE_BYTES);
    this.#hasher.hashInto(
      this.#bytes.subarray(source, source + pairs * 2 * NODE_BYTES),
      this.#bytes.subarray(target, target + pairs * NODE_BYTES),
    );
    this.#kernel.mask(target, pairs);
    return pairs;
  }

  #nodes(slot: number, count: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(LAYERS[slot]!, LAYERS[slot]! + count * NODE_BYTES);
  }
}

let shared: UnitHasher | undefined;

/** One hasher per thread for calls that fill, hash and read synchronously. */
export function sharedUnitHasher(): UnitHasher {
  shared ??= new UnitHasher();
  return shared;
}
