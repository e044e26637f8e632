import { CairnError } from "@cairn/protocol/errors";
import { equalBytes } from "./equal-bytes.ts";
import type { ByteRange } from "./read-raw.ts";
import type { ShardTree } from "./shard-tree.ts";

/** Stored bytes that no longer hash to the commitment. */
export class DamageFound extends CairnError {
  /** Damaged subtrees among those read, in order of offset. */
  readonly ranges: ByteRange[];

  constructor(ranges: ByteRange[]) {
    super(`${ranges.length} stored ranges do not match the commitment`, {
      code: "damage-found",
      kind: "corrupt",
      details: { ranges },
      next: "Report the damage, and take the shard again from its source or a repair.",
    });
    this.name = "DamageFound";
    this.ranges = ranges;
  }

  /** Start of the first damaged range. */
  get offset(): number {
    return this.ranges[0]!.offset;
  }

  get length(): number {
    return this.ranges[0]!.length;
  }
}

/** Whether a cached tree is of this length and, where the root is known, leads to it. */
export function belongsTo(tree: ShardTree, shard: { rawLength: number; root?: Uint8Array }): boolean {
  return tree.rawLength === shard.rawLength && (shard.root === undefined || equalBytes(tree.root, shard.root));
}

/** The cached tree, not the data, is what rotted. */
export function treeDamaged(): CairnError {
  return new CairnError("the cached tree contradicts itself or the commitment", {
    code: "tree-damaged",
    kind: "corrupt",
    next: "Hash the shard again to rebuild its tree.",
  });
}

/** Join ranges that touch. */
export function mergeRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: ByteRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (last !== undefined && last.offset + last.length >= range.offset) {
      last.length = Math.max(last.length, range.offset + range.length - last.offset);
    } else merged.push({ ...range });
  }
  return merged;
}
