import { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DamageFound } from "./damage.ts";
import { deriveChallenges } from "./derive-challenges.ts";
import { provePossession } from "./prove-possession.ts";
import { ShardTree } from "./shard-tree.ts";
import { payloadLeaves, SUBTREE_BYTES, UNIT_BYTES } from "./sizes.ts";
import { answer, CONTEXT, type SampleShard, sampleShard } from "./testing/sample-shard.ts";
import { verifyPossession } from "./verify-possession.ts";

async function failure(run: Promise<unknown>): Promise<CairnError> {
  const thrown = await run.then(() => undefined).catch((error: unknown) => error);
  if (thrown instanceof CairnError) return thrown;
  throw new Error("expected a CairnError", { cause: thrown });
}

const everyLeaf = (shard: SampleShard) => Array.from({ length: payloadLeaves(shard.rawLength) }, (_, leaf) => leaf);

describe("provePossession", () => {
  it.each([127, 254, 127 * 3, 8128, 8129, 5 * SUBTREE_BYTES - 127, UNIT_BYTES + 127, 127 * 8192 * 3])(
    "makes proofs of %i bytes that verify, for 20 and for 300 leaves",
    async (size) => {
      const shard = sampleShard(size);
      for (const count of [20, 300]) {
        const claim = await answer(shard, CONTEXT, count);
        expect(claim.indices.length).toBe(Math.min(count, payloadLeaves(size)));
        expect(verifyPossession(claim)).toEqual({ ok: true });
      }
    },
  );

  it("proves every single leaf of a shard, full or not", async () => {
    for (const size of [1, 100, 127 * 70 + 31, SUBTREE_BYTES * 3 + 1]) {
      const shard = sampleShard(size);
      const indices = everyLeaf(shard);
      const proof = await provePossession({ ...shard, indices });
      expect(verifyPossession({ ...shard, indices, proof })).toEqual({ ok: true });
    }
  });

  it("reads each subtree once and waits for asynchronous readers", async () => {
    const shard = sampleShard(6 * SUBTREE_BYTES);
    const reads: number[] = [];
    const indices = deriveChallenges(CONTEXT, payloadLeaves(shard.rawLength), 300);
    const proof = await provePossession({
      ...shard,
      indices,
      readRaw: async (offset, length) => {
        reads.push(offset);
        await new Promise((resolve) => setImmediate(resolve));
        return shard.readRaw(offset, length);
      },
    });
    expect(reads.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5].map((i) => i * SUBTREE_BYTES));
    expect(verifyPossession({ ...shard, indices, proof })).toEqual({ ok: true });
  });

  it("lets proofs of several shards run at once", async () => {
    const shards = [sampleShard(3 * UNIT_BYTES), sampleShard(2000), sampleShard(40 * SUBTREE_BYTES + 127)];
    const slow = shards.map(
      (shard): SampleShard => ({
        ...shard,
        readRaw: async (offset, length) => {
          await new Promise((resolve) => setImmediate(resolve));
          return shard.readRaw(offset, length);
        },
      }),
    );
    const claims = await Promise.all(slow.map((shard) => answer(shard, CONTEXT, 100)));
    expect(claims.map(verifyPossession)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
  });

  it("finds any flipped bit of a challenged subtree, and names it", async () => {
    const shard = sampleShard(20 * SUBTREE_BYTES + 254);
    const indices = everyLeaf(shard).filter((leaf) => leaf % 256 === 0);
    await fc.assert(
      fc.asyncProperty(fc.nat(shard.rawLength - 1), fc.nat(7), async (at, bit) => {
        shard.bytes[at]! ^= 1 << bit;
        const error = await failure(provePossession({ ...shard, indices }));
        shard.bytes[at]! ^= 1 << bit;
        expect(error).toBeInstanceOf(DamageFound);
        const offset = Math.floor(at / SUBTREE_BYTES) * SUBTREE_BYTES;
        const length = Math.min(SUBTREE_BYTES, shard.rawLength - offset);
        expect((error as DamageFound).ranges).toEqual([{ offset, length }]);
        expect([(error as DamageFound).offset, (error as DamageFound).length]).toEqual([offset, length]);
      }),
      { numRuns: 40 },
    );
  });

  it("takes bytes that are missing, or too many, for damage, and joins damaged neighbours", async () => {
    const shard = sampleShard(10 * SUBTREE_BYTES);
    const indices = everyLeaf(shard).filter((leaf) => leaf % 256 === 0);
    const cut = 7 * SUBTREE_BYTES + 1;
    const truncated = shard.bytes.subarray(0, cut);
    const readRaw = (offset: number, length: number) => truncated.subarray(offset, offset + length);
    const error = await failure(provePossession({ ...shard, indices, readRaw }));
    expect((error as DamageFound).ranges).toEqual([{ offset: 7 * SUBTREE_BYTES, length: 3 * SUBTREE_BYTES }]);
    const overlong = (offset: number, length: number) =>
      shard.bytes.subarray(offset, offset + length + (offset === 0 ? 1 : 0));
    const tooMany = await failure(provePossession({ ...shard, indices, readRaw: overlong }));
    expect((tooMany as DamageFound).ranges).toEqual([{ offset: 0, length: SUBTREE_BYTES }]);
  });

  it("blames the tree and not the data when the tree rotted, and never returns a proof that fails", async () => {
    const shard = sampleShard(30 * SUBTREE_BYTES);
    const stored = shard.tree.serialise();
    const indices = everyLeaf(shard).filter((leaf) => leaf % 256 === 7);
    let blamed = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 32, max: stored.length - 1 }), fc.nat(7), async (at, bit) => {
        const rotten = stored.slice();
        rotten[at]! ^= 1 << bit;
        const { root, rawLength } = shard;
        const outcome = await provePossession({ ...shard, tree: ShardTree.parse(rotten), indices }).catch(
          (error: unknown) => error,
        );
        // A node that is nobody's sibling may rot unseen: the proof is right without it.
        if (outcome instanceof Uint8Array) {
          expect(verifyPossession({ root, rawLength, indices, proof: outcome })).toEqual({ ok: true });
        } else {
          expect(outcome).toMatchObject({ code: "tree-damaged" });
          blamed++;
        }
      }),
      { numRuns: 60 },
    );
    expect(blamed).toBeGreaterThan(30);
  });

  it("refuses a tree of another shard, leaves outside the payload, and no leaves", async () => {
    const shard = sampleShard(5000 * 127);
    const other = sampleShard(5000 * 127, 99);
    const code = async (task: Partial<Parameters<typeof provePossession>[0]>) =>
      (await failure(provePossession({ ...shard, indices: [0], ...task }))).code;
    expect(await code({ tree: other.tree })).toBe("tree-damaged");
    expect(await code({ tree: other.tree, readRaw: other.readRaw })).toBe("tree-damaged");
    expect(await code({ tree: sampleShard(127).tree })).toBe("tree-damaged");
    expect(await code({ indices: [] })).toBe("bad-challenge");
    for (const leaf of [-1, 0.5, 20_000, Number.NaN]) expect(await code({ indices: [leaf] })).toBe("bad-challenge");
  });

  it("passes on what the reader throws", async () => {
    const shard = sampleShard(2000);
    const readRaw = () => Promise.reject(new Error("EIO"));
    await expect(provePossession({ ...shard, indices: [1], readRaw })).rejects.toThrow("EIO");
  });
});
