import { CairnError } from "@cairn/protocol/errors";
import { belongsTo, DamageFound, mergeRanges, treeDamaged } from "./damage.ts";
import { equalBytes } from "./equal-bytes.ts";
import { openingSize } from "./proof-format.ts";
import type { ByteRange, ReadRaw } from "./read-raw.ts";
import type { ShardTree } from "./shard-tree.ts";
import { NODE_BYTES, payloadLeaves, SUBTREE_BYTES, UNIT_BYTES } from "./sizes.ts";
import { sharedUnitHasher, type UnitHasher } from "./unit-hasher.ts";
import { verifyPossession } from "./verify-possession.ts";

export interface ProvePossession {
  /** Leaves to open, as `deriveChallenges` drew them. */
  indices: readonly number[];
  rawLength: number;
  /** The committed root; the tree must lead to it. */
  root?: Uint8Array;
  tree: ShardTree;
  readRaw: ReadRaw;
}

const SUBTREES_PER_UNIT = UNIT_BYTES / SUBTREE_BYTES;

/** A subtree that holds challenged leaves: their positions in the list of indices. */
interface Subtree {
  index: number;
  range: ByteRange;
  positions: number[];
}

function subtreesOf({ indices, rawLength, tree }: ProvePossession): Subtree[] {
  if (indices.length === 0) {
    throw new CairnError("a proof opens at least one leaf", { code: "bad-challenge", kind: "input" });
  }
  const subtrees = new Map<number, Subtree>();
  const leaves = payloadLeaves(rawLength);
  for (const [position, leaf] of indices.entries()) {
    if (!(Number.isInteger(leaf) && leaf >= 0 && leaf < leaves)) {
      throw new CairnError(`leaf ${leaf} is outside the payload`, { code: "bad-challenge", kind: "input" });
    }
    const index = Math.floor(leaf / 2 ** tree.baseHeight);
    const subtree = subtrees.get(index);
    if (subtree !== undefined) subtree.positions.push(position);
    else {
      const offset = index * SUBTREE_BYTES;
      const range = { offset, length: Math.min(SUBTREE_BYTES, rawLength - offset) };
      subtrees.set(index, { index, range, positions: [position] });
    }
  }
  return [...subtrees.values()];
}

/** Hash `batch` in one pass, write the lower part of its openings into `proof`, and return the subtrees that differ from the tree. */
function openBatch(
  batch: Subtree[],
  data: Uint8Array[],
  task: ProvePossession,
  proof: Uint8Array,
  unit: UnitHasher,
): ByteRange[] {
  const { tree, indices, rawLength } = task;
  for (const [slot, bytes] of data.entries()) {
    unit.input.set(bytes, slot * SUBTREE_BYTES);
    unit.input.fill(0, slot * SUBTREE_BYTES + bytes.length, (slot + 1) * SUBTREE_BYTES);
  }
  const length = rawLength < SUBTREE_BYTES ? rawLength : batch.length * SUBTREE_BYTES;
  const nodes = unit.hash(length, tree.baseHeight);
  const damaged = batch.filter(
    (subtree, slot) =>
      data[slot]!.length !== subtree.range.length ||
      !equalBytes(
        nodes.subarray(slot * NODE_BYTES, (slot + 1) * NODE_BYTES),
        tree.node(tree.baseHeight, subtree.index),
      ),
  );
  const leavesPerSubtree = 2 ** tree.baseHeight;
  const size = openingSize(rawLength);
  const leaves: number[] = [];
  const offsets: number[] = [];
  for (const [slot, subtree] of batch.entries()) {
    for (const position of subtree.positions) {
      leaves.push(slot * leavesPerSubtree + (indices[position]! % leavesPerSubtree));
      offsets.push(position * size);
      openUpper(tree, subtree.index, proof, position * size + NODE_BYTES * (tree.baseHeight + 1));
    }
  }
  unit.open(leaves, offsets, tree.baseHeight, proof);
  return damaged.map((subtree) => subtree.range);
}

/** Siblings above the subtree, from the cached tree. */
function openUpper(tree: ShardTree, subtree: number, proof: Uint8Array, at: number): void {
  let index = subtree;
  let to = at;
  for (let height = tree.baseHeight; height < tree.height; height++) {
    proof.set(tree.node(height, index ^ 1), to);
    index = Math.floor(index / 2);
    to += NODE_BYTES;
  }
}

/**
 * Open the challenged leaves: re-hash the 8 KiB subtree around each from the stored bytes, take the siblings above it from the cached
 * tree. The result is verified against the root before it is returned, so that nobody signs a wrong proof. Throws `DamageFound` (all
 * damaged subtrees among those read), `tree-damaged` (the tree contradicts itself or the commitment: hash the shard again),
 * `bad-challenge`; what `readRaw` throws is passed on.
 */
export async function provePossession(task: ProvePossession): Promise<Uint8Array> {
  const { indices, rawLength, tree, readRaw } = task;
  if (!belongsTo(tree, task)) throw treeDamaged();
  const subtrees = subtreesOf(task);
  const proof = new Uint8Array(indices.length * openingSize(rawLength));
  const damage: ByteRange[] = [];
  for (let from = 0; from < subtrees.length; from += SUBTREES_PER_UNIT) {
    const batch = subtrees.slice(from, from + SUBTREES_PER_UNIT);
    const data = await Promise.all(batch.map(({ range }) => readRaw(range.offset, range.length)));
    for (const one of openBatch(batch, data, task, proof, sharedUnitHasher())) damage.push(one);
  }
  if (damage.length === 0 && verifyPossession({ root: tree.root, rawLength, indices, proof }).ok) return proof;
  if (damage.length > 0 && tree.isConsistent()) throw new DamageFound(mergeRanges(damage));
  throw treeDamaged();
}
