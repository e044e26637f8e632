import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ShardTree } from "@cairn/proofs";
import type { DealId } from "@cairn/protocol";
import type { HeldShard } from "./held-shard.ts";

/** Cached trees are 0.8 % of their shards: those used last stay in memory up to this many bytes. */
const MAX_BYTES = 24 << 20;

/** The cached trees of held shards. */
export interface ShardTrees {
  /** @throws CairnError `bad-tree` when the file is gone or is no tree */
  of(held: HeldShard): Promise<ShardTree>;
  forget(deal: DealId): void;
}

export function openShardTrees(maximum = MAX_BYTES): ShardTrees {
  const kept = new Map<DealId, ShardTree>();
  let bytes = 0;
  const forget = (deal: DealId) => {
    bytes -= kept.get(deal)?.serialise().length ?? 0;
    kept.delete(deal);
  };
  return {
    forget,
    async of(held) {
      const known = kept.get(held.deal);
      if (known !== undefined) {
        kept.delete(held.deal);
        kept.set(held.deal, known);
        return known;
      }
      const content = await readFile(join(held.directory, "tree")).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return new Uint8Array();
        throw error;
      });
      const tree = ShardTree.parse(content);
      forget(held.deal);
      kept.set(held.deal, tree);
      bytes += content.length;
      for (const oldest of kept.keys()) {
        if (bytes <= maximum) break;
        forget(oldest);
      }
      return tree;
    },
  };
}
