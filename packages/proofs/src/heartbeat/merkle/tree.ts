import { hash } from "node:crypto";
import { NODE_BYTES } from "../base64.ts";

/** Levels above the leaves of a tree of `rounds` leaves: ceil(log2 rounds). */
export function treeOrder(rounds: number): number {
  return 32 - Math.clz32(rounds - 1);
}

/**
 * heartbeat's hash tree. Nodes are counted from the root, which is 0; the children of j are 2j + 1 and 2j + 2; leaf i is node
 * 2^order − 1 + i. Leaves past the last are empty byte strings, so that a node above two of them is the hash of nothing.
 */
export interface MerkleTree {
  readonly order: number;
  /** How many leaves there are: the challenges of the tag. */
  readonly rounds: number;
  /** 2^(order + 1) − 1 nodes of 32 bytes; the places of absent leaves hold zeros. */
  readonly nodes: Buffer;
}

/** Bytes of node `index`; none for an absent leaf. */
export function nodeAt({ order, rounds, nodes }: MerkleTree, index: number): Buffer {
  const absent = index >= 2 ** order - 1 + rounds;
  return nodes.subarray(index * NODE_BYTES, absent ? index * NODE_BYTES : (index + 1) * NODE_BYTES);
}

/** SHA-256(blob ‖ decimal ASCII of index): what stands in the tree for the answer to one challenge. */
export function leafHash(blob: Uint8Array, index: number): Buffer {
  return hash("sha256", Buffer.concat([blob, Buffer.from(String(index))]), "buffer");
}

/** The tree above `leaves`, of which there is at least one. */
export function growTree(leaves: readonly Uint8Array[]): MerkleTree {
  const rounds = leaves.length;
  const order = treeOrder(rounds);
  const firstLeaf = 2 ** order - 1;
  const tree = { order, rounds, nodes: Buffer.alloc((2 * firstLeaf + 1) * NODE_BYTES) };
  for (const [i, leaf] of leaves.entries()) tree.nodes.set(leaf, (firstLeaf + i) * NODE_BYTES);
  for (let j = firstLeaf - 1; j >= 0; j--) {
    const children = Buffer.concat([nodeAt(tree, 2 * j + 1), nodeAt(tree, 2 * j + 2)]);
    tree.nodes.set(hash("sha256", children, "buffer"), j * NODE_BYTES);
  }
  return tree;
}
