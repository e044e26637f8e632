import { CairnError, type Hex } from "@cairn/core";
import { crypto } from "../wallet/native.ts";

const WORD = 32;

export interface MerkleTree {
  /** Zero (32 bytes) for a tree without leaves. */
  root: Hex;
  /** Siblings from leaf `index` upward; throws `no-leaf`. */
  path(index: number): Hex[];
}

const toHex = (bytes: Uint8Array): Hex =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
const toBytes = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");

/** keccak256 of two nodes, the smaller first: which side a node stood on need not be told. */
function parentOf(a: Buffer, b: Buffer): Uint8Array {
  return crypto.keccak(a.compare(b) <= 0 ? Buffer.concat([a, b]) : Buffer.concat([b, a]));
}

/**
 * Merkle tree over 32-byte leaves as docs/protocol.md has it: parents hash the sorted pair, an odd last node moves up unchanged. Its paths
 * are what OpenZeppelin's MerkleProof verifies.
 */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  const layers: Buffer[] = [Buffer.concat(leaves)];
  let layer = layers[0] as Buffer;
  while (layer.length > WORD) {
    const above = Buffer.alloc(Math.ceil(layer.length / WORD / 2) * WORD);
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
  let node: Uint8Array = toBytes(leaf);
  for (const sibling of path) node = parentOf(Buffer.from(node), toBytes(sibling));
  return toHex(node) === root;
}
