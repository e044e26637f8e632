import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scrub } from "./scrub.ts";
import { ShardTree } from "./shard-tree.ts";
import { SUBTREE_BYTES, UNIT_BYTES } from "./sizes.ts";
import { sampleShard } from "./testing/sample-shard.ts";

describe("scrub", () => {
  it.each([1, 127, SUBTREE_BYTES, UNIT_BYTES, 2 * UNIT_BYTES + 12_345])(
    "finds nothing in %i sound bytes",
    async (size) => {
      expect(await scrub(sampleShard(size))).toEqual({ damage: [], checkedBytes: size });
    },
  );

  it("finds every single flipped bit, wherever it is", async () => {
    const shard = sampleShard(2 * UNIT_BYTES + 12_345);
    await fc.assert(
      fc.asyncProperty(fc.nat(shard.rawLength - 1), fc.nat(7), async (at, bit) => {
        shard.bytes[at]! ^= 1 << bit;
        const { damage } = await scrub(shard);
        shard.bytes[at]! ^= 1 << bit;
        const offset = Math.floor(at / SUBTREE_BYTES) * SUBTREE_BYTES;
        expect(damage).toEqual([{ offset, length: Math.min(SUBTREE_BYTES, shard.rawLength - offset) }]);
      }),
      { numRuns: 40 },
    );
  });

  it("joins neighbouring damage across units and reports the rest apart", async () => {
    const shard = sampleShard(3 * UNIT_BYTES);
    for (const at of [0, UNIT_BYTES - 1, UNIT_BYTES, 2 * UNIT_BYTES + 5]) shard.bytes[at]! ^= 1;
    expect((await scrub(shard)).damage).toEqual([
      { offset: 0, length: SUBTREE_BYTES },
      { offset: UNIT_BYTES - SUBTREE_BYTES, length: 2 * SUBTREE_BYTES },
      { offset: 2 * UNIT_BYTES, length: SUBTREE_BYTES },
    ]);
  });

  it("takes the missing end of a truncated file for damage, to the subtree", async () => {
    const shard = sampleShard(2 * UNIT_BYTES);
    const cut = UNIT_BYTES + 3 * SUBTREE_BYTES + 1;
    const truncated = shard.bytes.subarray(0, cut);
    const { damage } = await scrub({
      ...shard,
      readRaw: (offset, length) => truncated.subarray(offset, offset + length),
    });
    const offset = UNIT_BYTES + 3 * SUBTREE_BYTES;
    expect(damage).toEqual([{ offset, length: 2 * UNIT_BYTES - offset }]);
  });

  it("reads in units, one ahead", async () => {
    const shard = sampleShard(3 * UNIT_BYTES + 1);
    const reads: number[] = [];
    await scrub({
      ...shard,
      readRaw: async (offset, length) => {
        reads.push(length);
        return shard.readRaw(offset, length);
      },
    });
    expect(reads).toEqual([UNIT_BYTES, UNIT_BYTES, UNIT_BYTES, 1]);
  });

  it("blames a rotten or foreign tree, not the data", async () => {
    const shard = sampleShard(UNIT_BYTES);
    const rotten = shard.tree.serialise().slice();
    rotten[40]! ^= 1;
    await expect(scrub({ ...shard, tree: ShardTree.parse(rotten) })).rejects.toMatchObject({ code: "tree-damaged" });
    const foreign = sampleShard(UNIT_BYTES, 5).tree;
    await expect(scrub({ ...shard, tree: foreign })).rejects.toMatchObject({ code: "tree-damaged" });
    await expect(scrub({ ...shard, rawLength: UNIT_BYTES - 1 })).rejects.toMatchObject({ code: "tree-damaged" });
  });

  it("passes on a reader's failure, also of the unit read ahead", async () => {
    const shard = sampleShard(3 * UNIT_BYTES);
    const readRaw = (offset: number, length: number) => {
      if (offset >= UNIT_BYTES) throw new Error("EIO");
      return shard.readRaw(offset, length);
    };
    await expect(scrub({ ...shard, readRaw })).rejects.toThrow("EIO");
  });
});
