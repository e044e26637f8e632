import { createHash } from "node:crypto";
import type { Hex } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import vector from "../vectors/possession.json" with { type: "json" };
import { type ChallengeContext, deriveChallenges } from "./derive-challenges.ts";
import { bytesToHex } from "./hex.ts";
import { PieceHasher } from "./piece-hasher.ts";
import { openOne, proofToCalldata } from "./proof-format.ts";
import { provePossession } from "./prove-possession.ts";
import { heightOf, payloadLeaves } from "./sizes.ts";
import { answer, sampleShard } from "./testing/sample-shard.ts";
import { verifyPossession } from "./verify-possession.ts";

const shard = sampleShard(127 * 700);
const claim = await answer(shard);

/** What the contract computes from its arguments. */
function rootOf(leaf: Hex, index: number, siblings: Hex[]): string {
  let node = Buffer.from(leaf.slice(2), "hex");
  for (const [level, sibling] of siblings.entries()) {
    const other = Buffer.from(sibling.slice(2), "hex");
    const pair = (index >> level) % 2 === 0 ? [node, other] : [other, node];
    node = createHash("sha256").update(Buffer.concat(pair)).digest();
    node[31]! &= 0x3f;
  }
  return node.toString("hex");
}

describe("proofToCalldata", () => {
  it("gives the published vector from the bytes that the vector names", async () => {
    const { context, rawLength, root, indices, leaves, siblings, proofHash } = vector;
    const { tree, root: own } = new PieceHasher({ collectTree: true })
      .update(new Uint8Array(rawLength).map((_, at) => at))
      .digestTree();
    expect(bytesToHex(own)).toBe(root);
    expect(deriveChallenges(context as ChallengeContext, payloadLeaves(rawLength), 20)).toEqual(indices);
    const readRaw = (offset: number, length: number) => new Uint8Array(length).map((_, at) => offset + at);
    const proof = await provePossession({ indices, rawLength, tree, readRaw });
    expect(proofToCalldata(proof, rawLength)).toEqual({ leaves, siblings });
    expect(createHash("sha256").update(proof).digest("hex")).toBe(proofHash.slice(2));
  });

  it("gives all leaves, then siblings path after path from the leaf upward", () => {
    const { leaves, siblings } = proofToCalldata(claim.proof, shard.rawLength);
    const height = heightOf(shard.rawLength);
    expect([leaves.length, siblings.length]).toEqual([20, 20 * height]);
    for (const [i, leaf] of leaves.entries()) {
      const path = siblings.slice(i * height, (i + 1) * height);
      expect(rootOf(leaf, claim.indices[i]!, path)).toBe(Buffer.from(shard.root).toString("hex"));
    }
  });
});

describe("openOne", () => {
  it("gives one challenge's part, which verifies by itself", () => {
    for (const [position, leaf] of claim.indices.entries()) {
      const proof = openOne(claim.proof, shard.rawLength, position);
      expect(verifyPossession({ ...claim, indices: [leaf], proof })).toEqual({ ok: true });
    }
  });
});
