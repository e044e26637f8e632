import { wasmNodeHasher } from "./native/node-hasher.ts";
import { NODE_BYTES } from "./sizes.ts";

const LEVELS = 64;

function build(): Uint8Array[] {
  const roots = [new Uint8Array(NODE_BYTES)];
  for (let height = 1; height <= LEVELS; height++) {
    const below = roots[height - 1]!;
    const pair = new Uint8Array(2 * NODE_BYTES);
    pair.set(below, 0);
    pair.set(below, NODE_BYTES);
    const node = new Uint8Array(NODE_BYTES);
    wasmNodeHasher.hashInto(pair, node);
    node[31]! &= 0x3f;
    roots.push(node);
  }
  return roots;
}

const ROOTS = build();

/** Root of an all-zero tree of `height` (0 … 64); shared, not to be written to. */
export function zeroCommitment(height: number): Uint8Array {
  return ROOTS[height]!;
}
