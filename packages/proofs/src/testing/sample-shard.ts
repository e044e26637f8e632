import type { ChallengeContext } from "../derive-challenges.ts";
import { deriveChallenges } from "../derive-challenges.ts";
import { PieceHasher } from "../piece-hasher.ts";
import { provePossession } from "../prove-possession.ts";
import type { ReadRaw } from "../read-raw.ts";
import type { ShardTree } from "../shard-tree.ts";
import { payloadLeaves } from "../sizes.ts";
import { seededBytes } from "./seeded-bytes.ts";

export const CONTEXT: ChallengeContext = {
  purpose: "period",
  seed: `0x${"5e".repeat(32)}`,
  chainId: 26170,
  deal: `0x${"dea1".repeat(16)}`,
  provider: `0x${"ab".repeat(20)}`,
  period: 1234,
};

export interface SampleShard {
  bytes: Uint8Array<ArrayBuffer>;
  rawLength: number;
  root: Uint8Array;
  tree: ShardTree;
  readRaw: ReadRaw;
}

/** A shard of reproducible bytes with its tree. */
export function sampleShard(rawLength: number, seed = rawLength + 1): SampleShard {
  const bytes = seededBytes(rawLength, seed);
  const { root, tree } = new PieceHasher({ collectTree: true }).update(bytes).digestTree();
  return { bytes, rawLength, root, tree, readRaw: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** What an honest provider of `shard` answers. */
export async function answer(shard: SampleShard, context: ChallengeContext = CONTEXT, count = 20) {
  const indices = deriveChallenges(context, payloadLeaves(shard.rawLength), count);
  const proof = await provePossession({ ...shard, indices });
  return { root: shard.root, rawLength: shard.rawLength, indices, proof };
}
