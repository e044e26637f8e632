import { describe, expect, it } from "vitest";
import { possession } from "./possession.ts";
import { CONTEXT, sampleShard } from "./testing/sample-shard.ts";

describe("possession as a ProofSystem", () => {
  it("commits, challenges, proves, verifies and opens one for dispute", async () => {
    const shard = sampleShard(127 * 9999);
    const { commitment, cache } = await possession.commit([shard.bytes.subarray(0, 1000), shard.bytes.subarray(1000)]);
    expect(commitment).toEqual({ dataRoot: shard.root, rawLength: shard.rawLength });
    for (const purpose of ["period", "activation", "check"] as const) {
      const indices = possession.challenge({ ...CONTEXT, purpose }, commitment);
      expect(indices.length).toBe(purpose === "check" ? 300 : 20);
      const proof = await possession.prove({ commitment, indices, cache, readRaw: shard.readRaw });
      expect(possession.verify([{ commitment, indices, proof }])).toEqual([{ ok: true }]);
      const opened = possession.open(proof, commitment, 3);
      expect(possession.verify([{ commitment, indices: [indices[3]!], proof: opened }])).toEqual([{ ok: true }]);
      expect(possession.verify([{ commitment, indices: [indices[4]!], proof: opened }])).toMatchObject([{ ok: false }]);
    }
    expect(possession.challenge(CONTEXT, commitment, 7).length).toBe(7);
  });
});
