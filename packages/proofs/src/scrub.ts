import { mergeRanges, treeDamaged } from "./damage.ts";
import type { ByteRange, ReadRaw } from "./read-raw.ts";
import type { ShardTree } from "./shard-tree.ts";
import { NODE_BYTES, SUBTREE_BYTES, UNIT_BYTES } from "./sizes.ts";
import { sharedUnitHasher } from "./unit-hasher.ts";

export interface Scrub {
  rawLength: number;
  tree: ShardTree;
  /** Asked for up to 520,192 bytes (one unit) at a time, one unit ahead. */
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
    if (Buffer.compare(nodes.subarray(at, at + NODE_BYTES), expected) !== 0) {
      damage.push({ offset: offset + from, length: Math.min(SUBTREE_BYTES, length - from) });
    }
  }
  return damage;
}

/** Read every byte once and compare it with the cached tree. Throws `tree-damaged`; what `readRaw` throws is passed on. */
export async function scrub({ rawLength, tree, readRaw }: Scrub): Promise<ScrubResult> {
  if (tree.rawLength !== rawLength || !tree.isConsistent()) throw treeDamaged();
  const damage: ByteRange[] = [];
  const lengthAt = (offset: number) => Math.min(UNIT_BYTES, rawLength - offset);
  let ahead: Promise<Uint8Array> | undefined;
  for (let offset = 0; offset < rawLength; offset += UNIT_BYTES) {
    const length = lengthAt(offset);
    const bytes = await (ahead ?? readRaw(offset, length));
    const next = offset + UNIT_BYTES;
    ahead = next < rawLength ? Promise.resolve(readRaw(next, lengthAt(next))) : undefined;
    ahead?.catch(() => undefined);
    if (bytes.length === length) damage.push(...compare(bytes, offset, length, tree));
    else damage.push(...(await scrubSubtrees(offset, length, tree, readRaw)));
  }
  return { damage: mergeRanges(damage), checkedBytes: rawLength };
}

/** A unit that could not be read whole, subtree by subtree. */
async function scrubSubtrees(offset: number, length: number, tree: ShardTree, readRaw: ReadRaw): Promise<ByteRange[]> {
  const damage: ByteRange[] = [];
  for (let from = 0; from < length; from += SUBTREE_BYTES) {
    const range = { offset: offset + from, length: Math.min(SUBTREE_BYTES, length - from) };
    const bytes = await readRaw(range.offset, range.length);
    if (bytes.length === range.length) damage.push(...compare(bytes, range.offset, range.length, tree));
    else damage.push(range);
  }
  return damage;
}
