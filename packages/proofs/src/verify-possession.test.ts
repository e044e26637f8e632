import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChallengeContext, deriveChallenges } from "./derive-challenges.ts";
import { wasmNodeHasher } from "./native/node-hasher.ts";
import { openingSize } from "./proof-format.ts";
import { heightOf, NODE_BYTES, payloadLeaves, SUBTREE_BYTES } from "./sizes.ts";
import { answer, CONTEXT, sampleShard } from "./testing/sample-shard.ts";
import { type PossessionClaim, PossessionVerifier, verifyPossession, verifyPossessions } from "./verify-possession.ts";

const shard = sampleShard(127 * 6000);
const honest = await answer(shard);
const stride = openingSize(shard.rawLength);

const leavesUnder = (context: ChallengeContext) => deriveChallenges(context, payloadLeaves(shard.rawLength), 20);

describe("verifyPossession", () => {
  it("accepts an honest answer, by either hasher", () => {
    expect(verifyPossession(honest)).toEqual({ ok: true });
    expect(new PossessionVerifier(wasmNodeHasher).verify([honest])).toEqual([{ ok: true }]);
  });

  it("rejects every flipped bit and names the leaf", () => {
    fc.assert(
      fc.property(fc.nat(honest.proof.length - 1), fc.nat(7), (at, bit) => {
        const proof = honest.proof.slice();
        proof[at]! ^= 1 << bit;
        const leaf = honest.indices[Math.floor(at / stride)]!;
        expect(verifyPossession({ ...honest, proof })).toEqual({ ok: false, reason: "wrong-path", leaf });
      }),
      { numRuns: 400 },
    );
  });

  it("rejects the answer to another seed, deal, provider, period or purpose", async () => {
    const others: Partial<ChallengeContext>[] = [
      { seed: `0x${"01".repeat(32)}` },
      { deal: `0x${"02".repeat(32)}` },
      { provider: `0x${"03".repeat(20)}` },
      { period: CONTEXT.period - 1 },
      { purpose: "activation" },
      { chainId: 1 },
    ];
    for (const change of others) {
      const { proof } = await answer(shard, { ...CONTEXT, ...change });
      expect(verifyPossession({ ...honest, proof })).toMatchObject({ ok: false, reason: "wrong-path" });
    }
  });

  it("rejects the answer for another shard of equal length", async () => {
    const { proof } = await answer(sampleShard(shard.rawLength, 77));
    expect(verifyPossession({ ...honest, proof })).toMatchObject({ ok: false, reason: "wrong-path" });
  });

  it("rejects the right leaves in another order, and one leaf shown for all", () => {
    const openings = honest.indices.map((_, i) => honest.proof.subarray(i * stride, (i + 1) * stride));
    const reversed = Buffer.concat([...openings].reverse());
    const repeated = Buffer.concat(openings.map(() => openings[0]!));
    for (const proof of [reversed, repeated]) {
      expect(verifyPossession({ ...honest, proof })).toMatchObject({ ok: false, reason: "wrong-path" });
    }
  });

  it("rejects inner nodes shown as leaves: the height comes from the commitment", async () => {
    const height = heightOf(shard.rawLength);
    const inner = honest.indices.map((leaf, i) => {
      const opening = honest.proof.subarray(i * stride, (i + 1) * stride);
      const left = leaf % 2 === 0;
      const [a, b] = [opening.subarray(0, NODE_BYTES), opening.subarray(NODE_BYTES, 2 * NODE_BYTES)];
      const parent = new Uint8Array(NODE_BYTES);
      wasmNodeHasher.hashInto(Buffer.concat(left ? [a, b] : [b, a]), parent);
      parent[31]! &= 0x3f;
      return Buffer.concat([parent, opening.subarray(2 * NODE_BYTES)]);
    });
    const shorter = Buffer.concat(inner);
    expect(verifyPossession({ ...honest, proof: shorter })).toEqual({ ok: false, reason: "wrong-length" });
    const halved = honest.indices.map((leaf) => Math.floor(leaf / 2));
    const ofHalfTheLength = 127 * 2 ** (height - 3);
    expect(verifyPossession({ root: shard.root, rawLength: ofHalfTheLength, indices: halved, proof: shorter })).toEqual(
      { ok: true },
    );
    const padded = Buffer.concat(inner.map((opening) => Buffer.concat([opening, new Uint8Array(NODE_BYTES)])));
    expect(verifyPossession({ ...honest, proof: padded })).toMatchObject({ ok: false, reason: "wrong-path" });
    expect(verifyPossession({ ...honest, indices: halved, proof: padded })).toMatchObject({ ok: false });
  });

  it("rejects a proof that is cut off, too long, or empty, and asks for at least one leaf", () => {
    const { proof } = honest;
    const wrong = [
      new Uint8Array(0),
      proof.subarray(0, -1),
      proof.subarray(0, -NODE_BYTES),
      proof.subarray(0, -stride),
      Buffer.concat([proof, new Uint8Array(1)]),
      Buffer.concat([proof, proof.subarray(0, stride)]),
    ];
    for (const bytes of wrong) {
      expect(verifyPossession({ ...honest, proof: bytes })).toEqual({ ok: false, reason: "wrong-length" });
    }
    expect(verifyPossession({ ...honest, indices: [], proof: new Uint8Array(0) })).toEqual({
      ok: false,
      reason: "bad-challenge",
    });
  });

  it("never draws padding, nor lets it be opened", async () => {
    const half = sampleShard(127 * 40);
    const leaves = payloadLeaves(half.rawLength);
    expect(leaves).toBeLessThan(2 ** heightOf(half.rawLength));
    const all = leavesUnder({ ...CONTEXT, period: 1 });
    expect(Math.max(...all)).toBeLessThan(payloadLeaves(shard.rawLength));
    const { proof } = await answer(half);
    const indices = Array.from({ length: 20 }, (_, i) => leaves + i);
    expect(verifyPossession({ ...half, indices, proof })).toEqual({ ok: false, reason: "bad-challenge", leaf: leaves });
  });

  it("rejects a commitment that no tree has", () => {
    for (const rawLength of [0, -1, 1.5, Number.NaN, 2 ** 50]) {
      expect(verifyPossession({ ...honest, rawLength })).toEqual({ ok: false, reason: "bad-commitment" });
    }
    expect(verifyPossession({ ...honest, root: new Uint8Array(31) })).toEqual({ ok: false, reason: "bad-commitment" });
  });

  it("answers any bytes with a reason and never throws", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 32 }),
        fc.double(),
        fc.array(fc.oneof(fc.double(), fc.nat(100)), { maxLength: 5 }),
        fc.uint8Array({ maxLength: 2000 }),
        (root, rawLength, indices, proof) => {
          expect(verifyPossession({ root, rawLength, indices, proof }).ok).toBe(false);
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: honest.proof.length, maxLength: honest.proof.length }), (proof) => {
        expect(verifyPossession({ ...honest, proof })).toMatchObject({ ok: false, reason: "wrong-path" });
      }),
      { numRuns: 20 },
    );
  });
});

describe("verifyPossessions", () => {
  it("judges each of many claims of different heights by itself, in order", async () => {
    const shards = [127, 127 * 9, SUBTREE_BYTES, 127 * 4000, 127 * 9000].map((size) => sampleShard(size));
    const claims: PossessionClaim[] = [];
    for (let period = 0; period < 60; period++) {
      for (const each of shards) claims.push(await answer(each, { ...CONTEXT, period }));
    }
    const broken = new Set([0, 7, 123, 298, 299]);
    for (const i of broken) {
      const proof = claims[i]!.proof.slice();
      proof[5]! ^= 1;
      claims[i] = { ...claims[i]!, proof };
    }
    const verdicts = verifyPossessions(claims);
    expect(verdicts.map(({ ok }) => ok)).toEqual(claims.map((_, i) => !broken.has(i)));
  });

  it("verifies more paths than one pass takes, and names the first wrong leaf", async () => {
    const claim = await answer(shard, CONTEXT, 1024);
    const many = new Array<PossessionClaim>(12).fill(claim);
    expect(verifyPossessions(many)).toEqual(many.map(() => ({ ok: true })));
    const proof = claim.proof.slice();
    proof[1000 * stride]! ^= 1;
    proof[1010 * stride]! ^= 1;
    const verdicts = verifyPossessions([...many, { ...claim, proof }]);
    expect(verdicts.at(-1)).toEqual({ ok: false, reason: "wrong-path", leaf: claim.indices[1000] });
    expect(verdicts.slice(0, -1).every(({ ok }) => ok)).toBe(true);
  });

  it("has nothing to say about nothing", () => {
    expect(verifyPossessions([])).toEqual([]);
  });
});
