import { describe, expect, it } from "vitest";
import vectors from "../../../vectors/heartbeat.json" with { type: "json" };
import { merkleBeatToWire, readMerkleBeat } from "./beat.ts";
import { merkleChallengeToWire, readMerkleChallenge } from "./challenge.ts";
import { challengedRange } from "./challenged-range.ts";
import { makeMerkleTag } from "./make-tag.ts";
import { proveMerkle } from "./prove.ts";
import { nextMerkleChallenge, signMerkleState } from "./state.ts";
import { merkleTagToWire, readMerkleTag } from "./tag.ts";
import { verifyMerkleAnswer } from "./verify.ts";

/** Where the original reads a range of trunc(fraction · size) bytes, which may be empty. */
function originalChunkSize(vector: (typeof vectors.merkle)[number], fileSize: number): number {
  const { check_fraction } = vector.beat_private;
  return vector.chunksz_arg ?? (check_fraction === null ? 8192 : Math.trunc(check_fraction * fileSize));
}

describe.each(vectors.merkle)("the original's Merkle vector $name", (vector) => {
  const file = Buffer.from(vector.file_hex, "hex");
  const read = (offset: number, length: number) => file.subarray(offset, offset + length);
  const beat = readMerkleBeat(vector.beat_private)!;
  const key = beat.key!;
  const rounds = vector.n;

  it("has its beats", () => {
    expect(merkleBeatToWire(beat)).toEqual(vector.beat_private);
    expect(merkleBeatToWire({ checkFraction: beat.checkFraction })).toEqual(vector.beat_public);
    expect(readMerkleBeat(vector.beat_public)).toEqual({ checkFraction: beat.checkFraction });
  });

  it("gives its tag and first state", async () => {
    const rootSeed = Buffer.from(vector.root_seed_hex, "hex");
    const chunkSize = originalChunkSize(vector, file.length);
    const { tag, root } = await makeMerkleTag({
      key,
      rootSeed,
      rounds,
      chunkSize,
      fileSize: file.length,
      read,
    });
    expect(merkleTagToWire(tag)).toEqual(vector.tag);
    expect(readMerkleTag(vector.tag)).toEqual(tag);
    const { timestamp } = vector.state_initial;
    expect(signMerkleState(key, { index: 0, seed: rootSeed, rounds, root, timestamp })).toEqual(vector.state_initial);
  });

  it("gives its challenges, states and proofs, and judges each proof and each tampered one as it does", async () => {
    const tag = readMerkleTag(vector.tag)!;
    const root = Buffer.from(vector.state_initial.root, "base64");
    let state: unknown = vector.state_initial;
    for (const round of vector.rounds) {
      const next = nextMerkleChallenge(key, state);
      state = next.state;
      expect(merkleChallengeToWire(next.challenge)).toEqual(round.challenge);
      expect(readMerkleChallenge(round.challenge)).toEqual(next.challenge);
      expect(state).toEqual(round.state_after_gen_challenge);
      const { chunk_offset: offset, chunk_length: length } = round;
      expect(challengedRange(next.challenge.seed, tag)).toEqual({ offset, length });
      expect(await proveMerkle(tag, next.challenge, read)).toEqual(round.proof);
      const expectation = { root, rounds, index: next.challenge.index };
      expect(verifyMerkleAnswer(expectation, round.proof)).toBe("ok");
      for (const { what, proof, verify } of round.tampered) {
        expect([what, verifyMerkleAnswer(expectation, proof)]).toEqual([what, verify ? "ok" : "invalid"]);
      }
    }
    expect(() => nextMerkleChallenge(key, state)).toThrow("out of challenges");
    const { rounds: all } = vector;
    if (all.length > 1) expect(verifyMerkleAnswer({ root, rounds, index: 1 }, all[0]!.proof)).toBe("invalid");
  });

  it("refuses the forgeries that the original accepts", () => {
    const root = Buffer.from(vector.state_initial.root, "base64");
    for (const { challenge, proof } of vector.forgeries) {
      expect(verifyMerkleAnswer({ root, rounds, index: challenge.index }, proof)).toBe("invalid");
    }
  });

  it("refuses a state that was changed", () => {
    const changed = { ...vector.state_initial, index: 1 };
    expect(() => nextMerkleChallenge(key, changed)).toThrow("signature invalid on state");
  });
});
