import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../../vectors/heartbeat.json" with { type: "json" };
import { parseExactly, stringifyExactly, toNatural } from "./json.ts";
import {
  readPySwizzleBeat,
  readPySwizzleChallenge,
  readPySwizzleProof,
  readPySwizzleTag,
  withTextKey,
} from "./objects.ts";
import { makePySwizzleTag, provePySwizzle, verifyPySwizzle } from "./py-swizzle.ts";
import { openPySwizzleState, sealPySwizzleState } from "./state.ts";

/** A vector's object as its wire has it: integers as JSON numbers, where the vector has texts. */
const asSent = (object: unknown) =>
  parseExactly(JSON.stringify(object).replaceAll(/"(\d{17,})"/g, (_, digits: string) => digits));

describe.each(vectors.pyswizzle)("the original's PySwizzle vector: $name", (vector) => {
  const file = Buffer.from(vector.file_hex, "hex");
  const held = { fileSize: file.length, read: (at: number, length: number) => file.subarray(at, at + length) };
  const beat = readPySwizzleBeat(asSent(vector.beat))!;
  const state = openPySwizzleState(beat.key, vector.state_encrypted)!;
  const tag = readPySwizzleTag(asSent(vector.tag))!;

  it("has its beat, tag and states", async () => {
    expect(withTextKey(beat)).toEqual(asSent(vector.beat));
    expect(await makePySwizzleTag(beat, state, held)).toEqual(tag);
    expect(openPySwizzleState(beat.key, vector.state_decrypted)).toEqual(state);
    const iv = Buffer.from(vector.state_encrypted.iv, "base64");
    expect(sealPySwizzleState(beat.key, state, iv)).toEqual(vector.state_encrypted);
    expect(sealPySwizzleState(beat.key, state, iv, false)).toEqual(vector.state_decrypted);
    const changed = { ...vector.state_encrypted, chunks: vector.state_encrypted.chunks + 1 };
    expect(openPySwizzleState(beat.key, changed)).toBeUndefined();
  });

  it("gives its proofs and judges them as it does", async () => {
    for (const round of vector.rounds) {
      const challenge = readPySwizzleChallenge(asSent(round.challenge))!;
      expect(withTextKey(challenge)).toEqual(asSent(round.challenge));
      const proof = await provePySwizzle(beat, tag, held, challenge);
      expect(proof).toEqual(readPySwizzleProof(asSent(round.proof)));
      expect(parseExactly(stringifyExactly(proof))).toEqual(asSent(round.proof));
      expect(verifyPySwizzle(beat, state, challenge, proof)).toBe(true);
      expect(verifyPySwizzle(beat, state, challenge, { ...proof, sigma: proof.sigma + 1n })).toBe(false);
      expect(verifyPySwizzle(beat, state, challenge, { ...proof, sigma: proof.sigma + beat.prime })).toBe(false);
      const unreduced = { ...proof, mu: proof.mu.map((value) => value + beat.prime) };
      expect(verifyPySwizzle(beat, state, challenge, unreduced)).toBe(false);
      const nothing = { ...challenge, chunks: 0 };
      expect(verifyPySwizzle(beat, state, nothing, { mu: proof.mu.map(() => 0n), sigma: 0n })).toBe(false);
    }
  });
});

describe("the readers of PySwizzle's objects", () => {
  it("give an object or undefined, whatever they are given", () => {
    const readers = [readPySwizzleBeat, readPySwizzleTag, readPySwizzleChallenge, readPySwizzleProof];
    const keys = ["key", "prime", "sectors", "sigma", "chunks", "v_max", "mu", "iv", "f_key", "encrypted", "hmac"];
    const records = fc.dictionary(fc.constantFrom(...keys), fc.anything({ withBigInt: true, maxDepth: 2 }));
    fc.assert(
      fc.property(fc.oneof(records, fc.anything({ withBigInt: true })), (value) => {
        for (const read of readers) expect(() => read(value)).not.toThrow();
        expect(openPySwizzleState(Buffer.alloc(32), value)).toBeUndefined();
      }),
    );
  });

  it("refuse empty lists and numbers out of their bounds", () => {
    const key = Buffer.alloc(32).toString("base64");
    expect(readPySwizzleTag({ sigma: [] })).toBeUndefined();
    expect(readPySwizzleTag({ sigma: [2n ** 8192n] })).toBeUndefined();
    expect(readPySwizzleProof({ mu: Array(1025).fill(1), sigma: 1 })).toBeUndefined();
    expect(readPySwizzleProof({ mu: [1], sigma: -1n })).toBeUndefined();
    expect(readPySwizzleBeat({ key, prime: 255, sectors: 1 })).toBeUndefined();
    expect(readPySwizzleBeat({ key, prime: 257, sectors: 1 })).toBeDefined();
    expect(readPySwizzleChallenge({ key, v_max: 0, chunks: 1 })).toBeUndefined();
    expect(readPySwizzleChallenge({ key, v_max: 257, chunks: 0 })).toBeUndefined();
  });

  it("keep integers of any size exact, and refuse what is no natural number", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), (value) => {
        expect(BigInt(parseExactly(stringifyExactly(value)) as bigint)).toBe(value);
        expect(toNatural(parseExactly(stringifyExactly(value)), 300)).toBe(
          value < 0n || value >= 2n ** 300n ? undefined : value,
        );
      }),
    );
    for (const value of [1.5, -1, "7", null, Number.NaN, 2 ** 60]) expect(toNatural(value, 64)).toBeUndefined();
    expect(() => parseExactly("{")).toThrow("this is no JSON");
  });
});
