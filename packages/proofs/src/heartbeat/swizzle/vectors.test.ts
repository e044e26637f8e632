import { describe, expect, it } from "vitest";
import vectors from "../../../vectors/heartbeat.json" with { type: "json" };
import { publicSwizzleBeat, readSwizzleBeat, swizzleBeatToWire } from "./beat.ts";
import { readSwizzleChallenge, swizzleChallengeToWire } from "./challenge.ts";
import { makeSwizzleTag } from "./make-tag.ts";
import { readSwizzleProof, swizzleProofToWire } from "./proof.ts";
import { proveSwizzle } from "./prove.ts";
import { openSwizzleState, sealSwizzleState } from "./state.ts";
import { readSwizzleTag, sigmaAt } from "./tag.ts";
import { verifySwizzleAnswer } from "./verify.ts";

describe.each(vectors.swizzle)("the original's Swizzle vector: $name", (vector) => {
  const file = Buffer.from(vector.file_hex, "hex");
  const read = (offset: number, length: number) => file.subarray(offset, offset + length);
  const beat = readSwizzleBeat(vector.beat_private)!;
  const fields = vector.state_fields;
  const fKey = Buffer.from(fields.f_key_hex, "hex");
  const alphaKey = Buffer.from(fields.alpha_key_hex, "hex");
  const state = { chunks: fields.n, fKey, alphaKey };
  const sealed = Buffer.from(vector.state, "base64");

  it("has its beats", () => {
    const { k_enc_hex, k_mac_hex, sectors, sector_size: sectorSize, prime } = vector.beat_private_fields;
    const keys = { encryption: Buffer.from(k_enc_hex, "hex"), mac: Buffer.from(k_mac_hex, "hex") };
    expect(beat).toEqual({ keys, sectors, sectorSize, prime: BigInt(prime) });
    expect(swizzleBeatToWire(beat)).toBe(vector.beat_private);
    expect(swizzleBeatToWire(publicSwizzleBeat(beat))).toBe(vector.beat_public);
    expect(readSwizzleBeat(vector.beat_public)).toEqual(publicSwizzleBeat(beat));
  });

  it("gives its tag and state", async () => {
    const { tag, chunks } = await makeSwizzleTag({ beat, fKey, alphaKey, fileSize: file.length, read });
    expect(chunks).toBe(fields.n);
    expect(tag.toString("base64")).toBe(vector.tag);
    const read2 = readSwizzleTag(vector.tag)!;
    expect(vector.tag_sigma.map((_, i) => sigmaAt(read2, i))).toEqual(vector.tag_sigma.map(BigInt));
    expect(sealSwizzleState(beat, state, Buffer.from(fields.iv_hex, "hex"))).toEqual(sealed);
    expect(openSwizzleState(beat, sealed)).toEqual(state);
    const flipped = Buffer.from(vector.state_with_one_bit_flipped.state, "base64");
    expect(openSwizzleState(beat, flipped)).toBeUndefined();
  });

  it("gives its proofs, and judges each proof and each tampered one as it does", async () => {
    for (const round of vector.rounds) {
      const challenge = readSwizzleChallenge(round.challenge)!;
      const { l, key_hex, v_max } = round.challenge_fields;
      expect(challenge).toEqual({ length: l, key: Buffer.from(key_hex, "hex"), limit: BigInt(v_max) });
      expect(swizzleChallengeToWire(challenge)).toBe(round.challenge);
      const tag = readSwizzleTag(vector.tag)!;
      const proof = await proveSwizzle({ beat: publicSwizzleBeat(beat), tag, fileSize: file.length, read }, challenge);
      expect(proof).toBe(round.proof);
      const { mu, sigma } = round.proof_fields;
      expect(readSwizzleProof(proof)).toEqual({ mu: mu.map(BigInt), sigma: BigInt(sigma) });
      expect(swizzleProofToWire({ mu: mu.map(BigInt), sigma: BigInt(sigma) })).toBe(proof);
      const judge = (answer: unknown) => verifySwizzleAnswer(beat, state, challenge, answer);
      expect(judge(proof)).toBe("ok");
      for (const { what, proof: tampered, verify } of round.tampered) {
        // The one deviation: a μ that is not reduced, which no honest farmer sends, is refused.
        const accepted = verify === true && !what.startsWith("mu[0] + p");
        expect([what, judge(tampered)]).toEqual([
          what,
          accepted ? "ok" : typeof verify === "boolean" ? "invalid" : "corrupted",
        ]);
      }
    }
    const second = readSwizzleChallenge(vector.rounds[1]!.challenge)!;
    expect(verifySwizzleAnswer(beat, state, second, vector.rounds[0]!.proof)).toBe("invalid");
  });
});
