import { ShardTree } from "./shard-tree.ts";
import { heightOf, NODE_BYTES, paddedSizeOf, SUBTREE_HEIGHT, UNIT_HEIGHT } from "./sizes.ts";
import type { UnitHasher } from "./unit-hasher.ts";

export interface PieceDigest {
  /** CommP, 32 bytes. */
  root: Uint8Array;
  /** log2 of the padded leaves. */
  height: number;
  /** Expanded and padded bytes: 32·2^height. */
  paddedSize: number;
  /** Payload bytes. */
  rawLength: number;
}

export interface PieceTreeDigest extends PieceDigest {
  tree: ShardTree;
}

/** Height of the nodes that units of a piece give: UNIT_HEIGHT (or SUBTREE_HEIGHT with a tree), or the piece's own if smaller. */
export function nodeHeight(pieceLength: number, collectTree: boolean): number {
  return Math.min(collectTree ? SUBTREE_HEIGHT : UNIT_HEIGHT, heightOf(pieceLength));
}

/** Raise nodes at `from` to the root at `to`, padding with zero commitments; a copy. */
function raise(nodes: Uint8Array, from: number, to: number, hasher: UnitHasher): Uint8Array {
  let layer = new Uint8Array(nodes);
  for (let height = from; height < to; height++) {
    const above = new Uint8Array(Math.ceil(layer.length / (2 * NODE_BYTES)) * NODE_BYTES);
    hasher.hashLayer(layer, height, above);
    layer = above;
  }
  return layer;
}

function describe(root: Uint8Array, rawLength: number): PieceDigest {
  return { root, height: heightOf(rawLength), paddedSize: paddedSizeOf(rawLength), rawLength };
}

/** The digest from the nodes of all units in order; with `collectTree` its `tree` is kept. */
export function joinNodes(
  nodes: Uint8Array,
  rawLength: number,
  collectTree: boolean,
  hasher: UnitHasher,
): PieceTreeDigest {
  if (collectTree) {
    const tree = ShardTree.fromBase(nodes, rawLength, hasher);
    return { ...describe(tree.root.slice(), rawLength), tree };
  }
  const root = raise(nodes, nodeHeight(rawLength, false), heightOf(rawLength), hasher);
  return describe(root, rawLength) as PieceTreeDigest;
}
