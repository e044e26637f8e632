import * as fc from "fast-check";
import { bytesToHex, concat, encodeAbiParameters, hexToBytes, keccak256 } from "viem";
import { describe, expect, it } from "vitest";
import { merkleTree, verifyPath } from "./merkle-tree.ts";
import { shardLeafHash, shardPath, shardsRoot, shardTree } from "./shards-root.ts";
import type { VerdictLeaf } from "./verdict-tree.ts";
import { leafHash, verdictTree } from "./verdict-tree.ts";
import type { Hex } from "./words.ts";

const word = fc.uint8Array({ minLength: 32, maxLength: 32 });
const hex = word.map((bytes) => bytesToHex(bytes) as Hex);

/** MerkleProof.processProof of OpenZeppelin 5, written from its documentation. */
function processProof(path: readonly Hex[], leaf: Hex): Hex {
  return path.reduce<Hex>(
    (node, sibling) => keccak256(BigInt(node) < BigInt(sibling) ? concat([node, sibling]) : concat([sibling, node])),
    leaf,
  );
}

const verdictLeaf: fc.Arbitrary<VerdictLeaf> = fc.record({
  deal: hex,
  period: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fulfilled: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  committed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  verdict: fc.integer({ min: 0, max: 2 }),
  faultA: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  faultB: fc.integer({ min: 0, max: 2 ** 40 }),
});

describe("merkleTree", () => {
  it("gives every leaf a path that OpenZeppelin's rule accepts, and no other leaf", () => {
    fc.assert(
      fc.property(fc.uniqueArray(hex, { minLength: 1, maxLength: 70 }), hex, (leaves, stranger) => {
        fc.pre(!leaves.includes(stranger));
        const tree = merkleTree(leaves.map((leaf) => hexToBytes(leaf)));
        leaves.forEach((leaf, index) => {
          const path = tree.path(index);
          expect(processProof(path, leaf)).toBe(tree.root);
          expect(verifyPath(leaf, path, tree.root)).toBe(true);
          expect(verifyPath(stranger, path, tree.root)).toBe(false);
          expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)));
        });
      }),
    );
  });

  it("moves an odd last node up unchanged", () => {
    const [a, b, c] = ["11", "22", "33"].map((byte) => `0x${byte.repeat(32)}` as Hex) as [Hex, Hex, Hex];
    const tree = merkleTree([a, b, c].map((leaf) => hexToBytes(leaf)));
    const ab = keccak256(concat([a, b]));
    expect(tree.path(2)).toEqual([ab]);
    expect(tree.root).toBe(keccak256(BigInt(ab) < BigInt(c) ? concat([ab, c]) : concat([c, ab])));
  });

  it("has a zero root without leaves, and no paths beyond its leaves", () => {
    expect(merkleTree([]).root).toBe(`0x${"00".repeat(32)}`);
    for (const index of [-1, 1, 0.5, Number.NaN]) {
      expect(() => merkleTree([new Uint8Array(32)]).path(index)).toThrow(/none at/);
    }
  });
});

describe("verdictTree", () => {
  it("hashes leaves as abi.encode, twice", () => {
    fc.assert(
      fc.property(verdictLeaf, (leaf) => {
        const types = ["bytes32", "uint64", "uint32", "uint32", "uint8", "uint64", "uint64"].map((type) => ({ type }));
        const values = [leaf.deal, BigInt(leaf.period), leaf.fulfilled, leaf.committed, leaf.verdict];
        const faults = [BigInt(leaf.faultA), BigInt(leaf.faultB)];
        expect(leafHash(leaf)).toBe(keccak256(keccak256(encodeAbiParameters(types, [...values, ...faults]))));
      }),
    );
  });

  it("proves each leaf", () => {
    fc.assert(
      fc.property(fc.array(verdictLeaf, { minLength: 1, maxLength: 20 }), (leaves) => {
        const tree = verdictTree(leaves);
        leaves.forEach((leaf, index) => {
          expect(verifyPath(leafHash(leaf), tree.path(index), tree.root)).toBe(true);
        });
      }),
    );
  });

  it.each([{ period: -1 }, { fulfilled: 2 ** 32 }, { verdict: 3 }, { faultA: 0.5 }, { deal: "0x12" as Hex }])(
    "refuses %j",
    (change) => {
      const leaf = {
        deal: `0x${"00".repeat(32)}` as Hex,
        period: 1,
        fulfilled: 1,
        committed: 1,
        verdict: 0,
        faultA: 0,
        faultB: 0,
      };
      expect(() => leafHash({ ...leaf, ...change })).toThrow(/out of range/);
    },
  );
});

describe("shardsRoot", () => {
  const shard = fc.record({ commitment: hex, rawLength: fc.integer({ min: 127, max: 2 ** 40 }) });
  const document = fc.record({
    pieces: fc.array(fc.record({ shards: fc.array(shard, { minLength: 1, maxLength: 6 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
  });

  it("proves every shard at its place and at no other", () => {
    fc.assert(
      fc.property(document, (pieces) => {
        const tree = shardTree(pieces);
        expect(shardsRoot(pieces)).toBe(tree.root);
        pieces.pieces.forEach(({ shards }, piece) => {
          shards.forEach((commitment, index) => {
            const path = tree.path(piece, index);
            expect(shardPath(pieces, piece, index)).toEqual(path);
            expect(verifyPath(bytesToHex(shardLeafHash(piece, index, commitment)), path, tree.root)).toBe(true);
            expect(verifyPath(bytesToHex(shardLeafHash(piece + 1, index, commitment)), path, tree.root)).toBe(false);
          });
        });
      }),
      { numRuns: 40 },
    );
  });

  it("names a shard that is not there", () => {
    expect(() => shardPath({ pieces: [{ shards: [] }] }, 0, 0)).toThrow("no shard 0 of piece 0");
    expect(() => shardPath({ pieces: [] }, 3, 1)).toThrow("no shard 1 of piece 3");
  });
});
