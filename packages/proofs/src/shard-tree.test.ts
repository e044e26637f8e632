import { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PieceHasher } from "./piece-hasher.ts";
import { ShardTree } from "./shard-tree.ts";
import { payloadLeaves, SUBTREE_BYTES } from "./sizes.ts";
import { seededBytes } from "./testing/seeded-bytes.ts";
import { zeroCommitment } from "./zero-commitments.ts";

const treeOf = (size: number) =>
  new PieceHasher({ collectTree: true }).update(seededBytes(size, size + 1)).digestTree().tree;

function parseCode(bytes: Uint8Array): string {
  try {
    ShardTree.parse(bytes);
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
  return "parsed";
}

describe("ShardTree", () => {
  it("reads back what it serialised, at any place in a buffer", () => {
    fc.assert(
      fc.property(fc.nat(700_000), (size) => {
        const tree = treeOf(size);
        const stored = new Uint8Array(tree.serialise().length + 3);
        stored.set(tree.serialise(), 3);
        const again = ShardTree.parse(stored.subarray(3));
        expect([again.rawLength, again.height, again.baseHeight]).toEqual([size, tree.height, tree.baseHeight]);
        expect(Buffer.compare(again.root, tree.root)).toBe(0);
        expect(again.isConsistent()).toBe(true);
        expect(tree.serialise().length).toBe(ShardTree.sizeOf(size));
      }),
      { numRuns: 30 },
    );
  });

  it("takes 0.8 % of the shard", () => {
    expect(ShardTree.sizeOf(532_676_608) / 532_676_608).toBeLessThan(0.008);
  });

  it("gives zero commitments beyond the payload and the root alone for a small shard", () => {
    const tree = treeOf(5 * SUBTREE_BYTES);
    expect(tree.subtrees).toBe(Math.ceil(payloadLeaves(tree.rawLength) / 256));
    expect(tree.node(8, 5)).toEqual(zeroCommitment(8));
    expect(tree.node(9, 3)).toEqual(zeroCommitment(9));
    const small = treeOf(300);
    expect([small.baseHeight, small.height, small.subtrees]).toEqual([4, 4, 1]);
    expect(small.node(4, 0)).toEqual(small.root);
  });

  it("notices any flipped bit: the form, the length or the hashes disagree", () => {
    const size = 100 * SUBTREE_BYTES + 500;
    const bytes = treeOf(size).serialise();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const rotten = bytes.slice();
        rotten[at]! ^= 1 << bit;
        if (parseCode(rotten) === "bad-tree") return;
        const tree = ShardTree.parse(rotten);
        expect(tree.rawLength !== size || !tree.isConsistent()).toBe(true);
      }),
    );
  });

  it("refuses everything else as bad-tree", () => {
    const bytes = treeOf(9 * SUBTREE_BYTES).serialise();
    expect(parseCode(bytes.subarray(0, bytes.length - 1))).toBe("bad-tree");
    expect(parseCode(Buffer.concat([bytes, new Uint8Array(1)]))).toBe("bad-tree");
    const hugeLength = bytes.slice();
    hugeLength.fill(0xff, 16, 24);
    expect(parseCode(hugeLength)).toBe("bad-tree");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(parseCode(noise)).toBe("bad-tree");
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 7, maxLength: 200 }), (noise) => {
        expect(parseCode(Buffer.concat([bytes.subarray(0, 9), noise]))).toBe("bad-tree");
      }),
    );
  });

  it("is not built from too few or too many nodes", () => {
    expect(() => ShardTree.fromBase(new Uint8Array(32), 9 * SUBTREE_BYTES)).toThrowError(/bytes of nodes/);
  });
});
