import { crypto } from "#crypto";
import { CairnError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import type { Hex } from "./words.ts";

const WORD = 32;

export interface MerkleTree {
  /** Zero (32 bytes) for a tree without leaves. */
  root: Hex;
  /** Siblings from leaf `index` upward; throws `no-leaf`. */
  path(index: number): Hex[];
}

/** keccak256 of two nodes, the smaller first: which side a node stood on need not be told. */
function parentOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  const first = at < 0 || (a[at] as number) < (b[at] as number) ? a : b;
  const pair = new Uint8Array(2 * WORD);
  pair.set(first);
  pair.set(first === a ? b : a, WORD);
  return crypto.keccak(pair);
}

/**
 * Merkle tree over 32-byte leaves as docs/protocol.md has it: parents hash the sorted pair, an odd last node moves up unchanged. Its paths
 * are what OpenZeppelin's MerkleProof verifies.
 */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  let layer = new Uint8Array(leaves.length * WORD);
  leaves.forEach((leaf, index) => {
    layer.set(leaf, index * WORD);
  });
  const layers = [layer];
  while (layer.length > WORD) {
    const above = new Uint8Array(Math.ceil(layer.length / WORD / 2) * WORD);
    for (let at = 0; at < layer.length; at += 2 * WORD) {
      const left = layer.subarray(at, at + WORD);
      const right = layer.subarray(at + WORD, at + 2 * WORD);
      above.set(right.length === 0 ? left : parentOf(left, right), at / 2);
    }
    layers.push(above);
    layer = above;
  }
  return {
    root: layer.length === 0 ? `0x${"00".repeat(WORD)}` : toHex(layer),
    path(index) {
      if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
        throw new CairnError(`the tree has ${leaves.length} leaves and none at ${index}`, {
          code: "no-leaf",
          kind: "input",
          next: "Name a piece and a shard that the package's document has.",
          details: { index, leaves: leaves.length },
        });
      }
      const path: Hex[] = [];
      let position = index;
      for (const nodes of layers) {
        const sibling = nodes.subarray((position ^ 1) * WORD, ((position ^ 1) + 1) * WORD);
        if (sibling.length === WORD) path.push(toHex(sibling));
        position >>= 1;
      }
      return path;
    },
  };
}

/** Whether `path` leads from `leaf` to `root`, as MerkleProof.verify has it. */
export function verifyPath(leaf: Hex, path: readonly Hex[], root: Hex): boolean {
  let node = fromHex(leaf);
  for (const sibling of path) node = parentOf(node, fromHex(sibling));
  return toHex(node) === root;
}
