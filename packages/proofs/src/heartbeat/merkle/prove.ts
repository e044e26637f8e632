import { CairnError } from "@cairn/protocol/errors";
import type { ReadRaw } from "../../read-raw.ts";
import { toBase64 } from "../base64.ts";
import { readExactly } from "../read-exactly.ts";
import type { MerkleChallenge } from "./challenge.ts";
import { answerBlob, challengedRange } from "./challenged-range.ts";
import type { MerkleTag } from "./tag.ts";
import { nodeAt } from "./tree.ts";

/** A proof as JSON: the answer, and the pair of nodes that holds the way up at each level, leaves first. */
export interface WireMerkleProof {
  readonly leaf: { readonly index: number; readonly blob: string };
  readonly branch: { readonly rows: readonly (readonly [left: string, right: string])[] };
  readonly [key: string]: unknown;
}

/** The answer to a challenge, from the one range of the file that it names. Throws `heartbeat-bad-round`, `heartbeat-short-file`. */
export async function proveMerkle(tag: MerkleTag, challenge: MerkleChallenge, read: ReadRaw): Promise<WireMerkleProof> {
  const { tree } = tag;
  const { seed, index } = challenge;
  if (index >= tree.rounds) {
    throw new CairnError(`the tag has no challenge ${index}`, {
      code: "heartbeat-bad-round",
      kind: "input",
      next: "Ask for a challenge that the tag was made for.",
      details: { rounds: tree.rounds },
    });
  }
  const { offset, length } = challengedRange(seed, tag);
  const blob = answerBlob(seed, await readExactly(read, offset, length));
  const rows: [string, string][] = [];
  for (let j = 2 ** tree.order - 1 + index; j > 0; j = (j - 1) >> 1) {
    const left = j % 2 === 1 ? j : j - 1;
    rows.push([toBase64(nodeAt(tree, left)), toBase64(nodeAt(tree, left + 1))]);
  }
  return { leaf: { index, blob: toBase64(blob) }, branch: { rows } };
}
