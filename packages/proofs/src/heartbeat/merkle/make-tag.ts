import { CairnError } from "@cairn/protocol/errors";
import type { ReadRaw } from "../../read-raw.ts";
import { NODE_BYTES } from "../base64.ts";
import { readExactly } from "../read-exactly.ts";
import { nextSeed } from "./challenge.ts";
import { answerBlob, challengedRange, type MerkleSizes } from "./challenged-range.ts";
import { type MerkleTag, MOST_ROUNDS } from "./tag.ts";
import { growTree, leafHash } from "./tree.ts";

export interface MerkleTagging extends MerkleSizes {
  /** The beat's key. */
  readonly key: Uint8Array;
  /** 32 random bytes of this tag alone; secret, and all that is needed, with the key, to make its challenges. */
  readonly rootSeed: Uint8Array;
  /** How many challenges the tag can serve, 1 to 32,768. */
  readonly rounds: number;
  readonly read: ReadRaw;
}

/** The tag of a file and its root. Reads one range of chunkSize bytes for each challenge. Throws `heartbeat-bad-rounds`, `heartbeat-short-file`. */
export async function makeMerkleTag(tagging: MerkleTagging): Promise<{ tag: MerkleTag; root: Buffer }> {
  const { key, rootSeed, rounds, chunkSize, fileSize, read } = tagging;
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new CairnError(`a Merkle tag serves 1 to ${MOST_ROUNDS} challenges, not ${rounds}`, {
      code: "heartbeat-bad-rounds",
      kind: "input",
      next: "Ask for a number of challenges within the bounds.",
    });
  }
  const leaves: Buffer[] = [];
  let seed = rootSeed;
  for (let index = 0; index < rounds; index++) {
    seed = nextSeed(key, seed);
    const { offset, length } = challengedRange(seed, tagging);
    leaves.push(leafHash(answerBlob(seed, await readExactly(read, offset, length)), index));
  }
  const tree = growTree(leaves);
  return { tag: { tree, chunkSize, fileSize }, root: Buffer.from(tree.nodes.subarray(0, NODE_BYTES)) };
}
