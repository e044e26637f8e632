import { CairnError } from "@cairn/protocol/errors";
import { equalBytes } from "./equal-bytes.ts";
import { assertRawLength, heightOf, MAX_RAW_LENGTH, NODE_BYTES, payloadLeaves, SUBTREE_HEIGHT } from "./sizes.ts";
import { sharedUnitHasher, type UnitHasher } from "./unit-hasher.ts";
import { zeroCommitment } from "./zero-commitments.ts";

const MAGIC = "cairntree";
const VERSION = 1;
/** magic[9] ‖ version[1] ‖ base height[1] ‖ zero[5] ‖ u64be raw length ‖ zero[8]. */
const HEADER_BYTES = 32;

/** Nodes at `height` that cover payload; what lies beyond is zeros and not stored. */
function nodesAt(rawLength: number, height: number): number {
  return Math.max(1, Math.ceil(payloadLeaves(rawLength) / 2 ** height));
}

/** Layers of one piece tree from `base` up to the root, at increasing offsets of one buffer. */
function layout(rawLength: number, base: number): { offset: number; length: number }[] {
  const layers: { offset: number; length: number }[] = [];
  let offset = HEADER_BYTES;
  for (let height = base; height <= heightOf(rawLength); height++) {
    const length = nodesAt(rawLength, height) * NODE_BYTES;
    layers.push({ offset, length });
    offset += length;
  }
  return layers;
}

function badTree(message: string): CairnError {
  return new CairnError(message, {
    code: "bad-tree",
    kind: "corrupt",
    next: "Hash the shard again to rebuild its tree.",
  });
}

/**
 * The upper layers of one shard's tree: from subtrees of 8 KiB (256 leaves; the root alone for smaller shards) to the root. About
 * 0.8 % of the shard. Serialised, the bytes are a 32-byte header and the layers bottom-up.
 */
export class ShardTree {
  readonly rawLength: number;
  readonly height: number;
  /** Height of the lowest layer kept: 8, or the tree's own height if smaller. */
  readonly baseHeight: number;
  readonly #bytes: Uint8Array;
  readonly #layers: Uint8Array[];

  private constructor(bytes: Uint8Array, rawLength: number) {
    this.rawLength = rawLength;
    this.height = heightOf(rawLength);
    this.baseHeight = Math.min(SUBTREE_HEIGHT, this.height);
    this.#bytes = bytes;
    this.#layers = layout(rawLength, this.baseHeight).map((l) => bytes.subarray(l.offset, l.offset + l.length));
  }

  /** Build from the nodes of the lowest layer (`ceil(payload leaves / 256)` of 32 bytes). */
  static fromBase(nodes: Uint8Array, rawLength: number, hasher: UnitHasher = sharedUnitHasher()): ShardTree {
    assertRawLength(rawLength);
    const base = Math.min(SUBTREE_HEIGHT, heightOf(rawLength));
    const layers = layout(rawLength, base);
    if (nodes.length !== layers[0]!.length) throw badTree(`${nodes.length} bytes of nodes, not ${layers[0]!.length}`);
    const last = layers.at(-1)!;
    const bytes = new Uint8Array(last.offset + last.length);
    for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
    bytes[9] = VERSION;
    bytes[10] = base;
    new DataView(bytes.buffer).setBigUint64(16, BigInt(rawLength));
    bytes.set(nodes, HEADER_BYTES);
    const tree = new ShardTree(bytes, rawLength);
    for (let i = 1; i < tree.#layers.length; i++) {
      hasher.hashLayer(tree.#layers[i - 1]!, base + i - 1, tree.#layers[i]!);
    }
    return tree;
  }

  /**
   * Read what `serialise` wrote, without a copy. Checks form and sizes only: `isConsistent` checks the hashes, and a proof made from
   * a tree is verified before it is returned. Throws `bad-tree`.
   */
  static parse(bytes: Uint8Array): ShardTree {
    if (bytes.length < HEADER_BYTES) throw badTree("a cached tree is at least 32 bytes");
    for (let i = 0; i < MAGIC.length; i++) {
      if (bytes[i] !== MAGIC.charCodeAt(i)) throw badTree("this is not a cached tree");
    }
    if (bytes[9] !== VERSION) throw badTree(`cached tree of version ${bytes[9]}; this program reads ${VERSION}`);
    const rawLength = Number(new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES).getBigUint64(16));
    if (rawLength > MAX_RAW_LENGTH) throw badTree("the cached tree names a length that no tree has");
    const base = Math.min(SUBTREE_HEIGHT, heightOf(rawLength));
    const last = layout(rawLength, base).at(-1)!;
    const zeros = [11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31].every((i) => bytes[i] === 0);
    if (bytes[10] !== base || !zeros || bytes.length !== last.offset + last.length) {
      throw badTree("the cached tree's header and length disagree");
    }
    return new ShardTree(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), rawLength);
  }

  /** Size in bytes of the serialised tree of a shard. */
  static sizeOf(rawLength: number): number {
    const last = layout(rawLength, Math.min(SUBTREE_HEIGHT, heightOf(rawLength))).at(-1)!;
    return last.offset + last.length;
  }

  /** The CommP root; a view. */
  get root(): Uint8Array {
    return this.#layers.at(-1)!;
  }

  /** Number of subtrees that carry payload. */
  get subtrees(): number {
    return this.#layers[0]!.length / NODE_BYTES;
  }

  /** The node at `height` (baseHeight … height) and `index`, zeros included; a view. */
  node(height: number, index: number): Uint8Array {
    const layer = this.#layers[height - this.baseHeight]!;
    const at = index * NODE_BYTES;
    return at < layer.length ? layer.subarray(at, at + NODE_BYTES) : zeroCommitment(height);
  }

  /** Whether every stored node is the hash of the two below it, up to the root. */
  isConsistent(hasher: UnitHasher = sharedUnitHasher()): boolean {
    const again = ShardTree.fromBase(this.#layers[0]!, this.rawLength, hasher).#bytes;
    return equalBytes(again, this.#bytes);
  }

  /** The bytes to store; a view of the tree's own memory. */
  serialise(): Uint8Array {
    return this.#bytes;
  }
}
