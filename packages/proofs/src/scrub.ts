import { belongsTo, mergeRanges, treeDamaged } from "./damage.ts";
import { equalBytes } from "./equal-bytes.ts";
import type { ByteRange, ReadRaw } from "./read-raw.ts";
import type { ShardTree } from "./shard-tree.ts";
import { NODE_BYTES, SUBTREE_BYTES, UNIT_BYTES } from "./sizes.ts";
import { sharedUnitHasher } from "./unit-hasher.ts";

export interface Scrub {
  rawLength: number;
  /** The committed root; the tree must lead to it. */
  root?: Uint8Array;
  tree: ShardTree;
  /** Asked for up to 520,192 bytes (one unit) at a time, one read ahead: its bytes must hold until the next but one is asked for. */
  readRaw: ReadRaw;
}

export interface ScrubResult {
  /** Damaged ranges in order, in whole subtrees (8,128 bytes, the last one shorter); empty when all is well. */
  damage: ByteRange[];
  checkedBytes: number;
}

/** Subtrees of one unit whose hash is not the cached one. */
function compare(bytes: Uint8Array, offset: number, length: number, tree: ShardTree): ByteRange[] {
  const unit = sharedUnitHasher();
  unit.input.set(bytes);
  const nodes = unit.hash(length, tree.baseHeight);
  const damage: ByteRange[] = [];
  for (let at = 0; at < nodes.length; at += NODE_BYTES) {
    const from = (at / NODE_BYTES) * SUBTREE_BYTES;
    const expected = tree.node(tree.baseHeight, (offset + from) / SUBTREE_BYTES);
    if (!equalBytes(nodes.subarray(at, at + NODE_BYTES), expected)) {
      damage.push({ offset: offset + from, length: Math.min(SUBTREE_BYTES, length - from) });
    }
  }
  return damage;
}

/** Read every byte once and compare it with the cached tree. Throws `tree-damaged`; what `readRaw` throws is passed on. */
export async function scrub(task: Scrub): Promise<ScrubResult> {
  const { rawLength, tree, readRaw } = task;
  if (!belongsTo(tree, task) || !tree.isConsistent()) throw treeDamaged();
  const damage: ByteRange[] = [];
  const units: ByteRange[] = [];
  for (let offset = 0; offset < rawLength; offset += UNIT_BYTES) {
    units.push({ offset, length: Math.min(UNIT_BYTES, rawLength - offset) });
  }
  let ahead = settle(units[0], readRaw);
  for (const [i, { offset, length }] of units.entries()) {
    const outcome = await ahead;
    if (outcome.status === "rejected") throw outcome.reason;
    const bytes = outcome.value;
    const isWhole = bytes?.length === length;
    if (!isWhole) for (const one of await scrubSubtrees(offset, length, tree, readRaw)) damage.push(one);
    ahead = settle(units[i + 1], readRaw);
    if (isWhole) for (const one of compare(bytes, offset, length, tree)) damage.push(one);
  }
  return { damage: mergeRanges(damage), checkedBytes: rawLength };
}

/** Begin to read a unit; a failure waits here until the units before it are done. */
async function settle(
  unit: ByteRange | undefined,
  readRaw: ReadRaw,
): Promise<PromiseSettledResult<Uint8Array | undefined>> {
  const [outcome] = await Promise.allSettled([(async () => unit && readRaw(unit.offset, unit.length))()]);
  return outcome;
}

/** A unit that could not be read whole, subtree by subtree. */
async function scrubSubtrees(offset: number, length: number, tree: ShardTree, readRaw: ReadRaw): Promise<ByteRange[]> {
  const damage: ByteRange[] = [];
  for (let from = 0; from < length; from += SUBTREE_BYTES) {
    const range = { offset: offset + from, length: Math.min(SUBTREE_BYTES, length - from) };
    const bytes = await readRaw(range.offset, range.length);
    const found = bytes.length === range.length ? compare(bytes, range.offset, range.length, tree) : [range];
    for (const one of found) damage.push(one);
  }
  return damage;
}
