import { checkPrimeSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRandomIo } from "../random-io.ts";
import { anyValue } from "../testing/mutate.ts";
import { newSwizzleBeat, publicSwizzleBeat, readSwizzleBeat, SWIZZLE_PRIME, swizzleBeatToWire } from "./beat.ts";
import {
  readSwizzleChallenge,
  type SwizzleChallenge,
  swizzleChallengeLength,
  swizzleChallengeToWire,
} from "./challenge.ts";
import { makeSwizzleTag } from "./make-tag.ts";
import { firstIndices, swizzlePrf } from "./prf.ts";
import { readSwizzleProof, swizzleProofToWire } from "./proof.ts";
import { proveSwizzle } from "./prove.ts";
import { countChunks } from "./sectors.ts";
import { openSwizzleState, sealSwizzleState } from "./state.ts";
import { chunkSigmas } from "./sums.ts";
import { readSwizzleTag, sigmaAt } from "./tag.ts";
import { verifySwizzleAnswer } from "./verify.ts";

const beat = newSwizzleBeat({ encryption: randomBytes(32), mac: randomBytes(32) });

async function newContract(file: Buffer, cut = beat) {
  const read = (offset: number, length: number) => file.subarray(offset, offset + length);
  const [fKey, alphaKey] = [randomBytes(32), randomBytes(32)];
  const made = await makeSwizzleTag({ beat: cut, fKey, alphaKey, fileSize: file.length, read });
  const tag = readSwizzleTag(made.tag.toString("base64"))!;
  const state = { chunks: made.chunks, fKey, alphaKey };
  return { beat: cut, tag, state, fileSize: file.length, read };
}

const challengeOf = (length: number): SwizzleChallenge => ({ length, key: randomBytes(32), limit: beat.prime });
const contract = await newContract(readRandomIo("swizzle", 0, 30_000));
const { state } = contract;
const challenge = challengeOf(8);
const honest = await proveSwizzle({ ...contract, beat: publicSwizzleBeat(beat) }, challenge);
const proof = readSwizzleProof(honest)!;
const judge = (answer: unknown, asked = challenge) => verifySwizzleAnswer(beat, state, asked, answer);

describe("SWIZZLE_PRIME", () => {
  it("is the largest prime below 2^1024", () => {
    expect(checkPrimeSync(SWIZZLE_PRIME)).toBe(true);
    for (let above = SWIZZLE_PRIME + 2n; above < 1n << 1024n; above += 2n) expect(checkPrimeSync(above)).toBe(false);
  });
});

describe("verifySwizzleAnswer against a farmer without the file", () => {
  it("refuses the all-zero proof: no challenge is of nothing, whatever the size of the file", () => {
    const zeros = swizzleProofToWire({ mu: proof.mu.map(() => 0n), sigma: 0n });
    expect(judge(zeros)).toBe("invalid");
    expect(judge(zeros, { ...challenge, length: 0 })).toBe("invalid");
    expect(readSwizzleChallenge(swizzleChallengeToWire({ ...challenge, length: 0 }))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, fraction) => {
        const chunks = countChunks(beat, size);
        const length = swizzleChallengeLength(chunks, fraction);
        expect(length).toBeGreaterThanOrEqual(Math.min(30, chunks));
        expect(length).toBeLessThanOrEqual(chunks);
      }),
    );
  });

  it("refuses numbers that are not reduced", () => {
    const { mu, sigma } = proof;
    const unreduced = swizzleProofToWire({ mu: [mu[0]! + beat.prime, ...mu.slice(1)], sigma });
    expect(judge(unreduced)).toBe("invalid");
    expect(judge(swizzleProofToWire({ mu, sigma: sigma + beat.prime }))).toBe("invalid");
  });

  it("refuses any change of a proof, and another challenge's", async () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 }), fc.bigInt(1n, beat.prime - 1n), (place, difference) => {
        const numbers = [...proof.mu, proof.sigma];
        numbers[place] = (numbers[place]! + difference) % beat.prime;
        expect(judge(swizzleProofToWire({ mu: numbers.slice(0, 10), sigma: numbers[10]! }))).toBe("invalid");
      }),
    );
    expect(judge(honest, challengeOf(8))).toBe("invalid");
    expect(judge(swizzleProofToWire({ mu: proof.mu.slice(1), sigma: proof.sigma }))).toBe("invalid");
    expect(judge(swizzleProofToWire({ mu: [...proof.mu, 0n], sigma: proof.sigma }))).toBe("invalid");
  });

  it("notices a lost sector of any chunk that it reads", async () => {
    for (let chunk = 0; chunk < state.chunks; chunk++) {
      const lost = (offset: number, length: number) => {
        const bytes = Buffer.from(contract.read(offset, length));
        if (offset === chunk * 1280) bytes.fill(0, 0, 128);
        return bytes;
      };
      const all = challengeOf(state.chunks);
      expect(judge(await proveSwizzle({ ...contract, read: lost }, all), all)).toBe("invalid");
    }
  });

  it("judges sectors at and above the prime like any other", async () => {
    const file = Buffer.alloc(5000, 0xff);
    Buffer.from(SWIZZLE_PRIME.toString(16), "hex").copy(file, 128);
    const full = await newContract(file);
    const all = challengeOf(4);
    expect(verifySwizzleAnswer(beat, full.state, all, await proveSwizzle(full, all))).toBe("ok");
  });
});

describe("an honest farmer", () => {
  it("passes challenges of any length, for files of any size and primes of any kind", async () => {
    const keys = { encryption: randomBytes(32), mac: randomBytes(32) };
    const primes = [SWIZZLE_PRIME, 2n ** 127n + 12_371n, 2n ** 89n - 1n, 257n];
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 20_000 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...primes),
        fc.nat(60),
        async (size, sectors, prime, length) => {
          const cut = newSwizzleBeat(keys, prime, sectors);
          const held = await newContract(
            readRandomIo(String(size), 0, Math.min(size, 400 * sectors * cut.sectorSize)),
            cut,
          );
          const asked = { length: length + 1, key: randomBytes(32), limit: prime };
          const wire = readSwizzleChallenge(swizzleChallengeToWire(asked))!;
          const sealed = sealSwizzleState(cut, held.state, randomBytes(16));
          const answer = await proveSwizzle(
            { ...held, beat: readSwizzleBeat(swizzleBeatToWire(publicSwizzleBeat(cut)))! },
            wire,
          );
          expect(verifySwizzleAnswer(cut, openSwizzleState(cut, sealed)!, asked, answer)).toBe("ok");
        },
      ),
      { numRuns: 40 },
    );
  });

  it("has a tag that is the same whichever way it is made", async () => {
    const size = 5_300_000;
    const file = readRandomIo("steps", 0, size);
    const long = await newContract(file);
    expect(long.state.chunks).toBe(4141);
    const some = Uint32Array.of(0, 1, 255, 256, 4095, 4096, 4139, 4140);
    const alphas = swizzlePrf(long.state.alphaKey, beat.prime, firstIndices(10));
    for (const index of some) {
      const bytes = file.subarray(index * 1280, (index + 1) * 1280);
      const pads = swizzlePrf(long.state.fKey, beat.prime, Uint32Array.of(index));
      expect([sigmaAt(long.tag, index)]).toEqual(chunkSigmas(beat, bytes, pads, alphas));
    }
  });

  it("learns that its file is too short or another, and a node that one is too large", async () => {
    const short = { ...contract, read: (offset: number, length: number) => contract.read(offset, length - 1) };
    await expect(proveSwizzle(short, challenge)).rejects.toMatchObject({ code: "heartbeat-short-file" });
    await expect(proveSwizzle({ ...contract, fileSize: 1 }, challenge)).rejects.toMatchObject({
      code: "heartbeat-bad-chunk-count",
    });
    const huge = { beat, fKey: state.fKey, alphaKey: state.alphaKey, fileSize: 2 ** 31, read: contract.read };
    await expect(makeSwizzleTag(huge)).rejects.toMatchObject({ code: "heartbeat-bad-chunk-count" });
  });
});

describe("hostile bytes", () => {
  const readers = [readSwizzleBeat, readSwizzleChallenge, readSwizzleTag, readSwizzleProof];
  const tagText = contract.tag.bytes.toString("base64");
  const challengeText = swizzleChallengeToWire(challenge);
  const originals = [swizzleBeatToWire(beat), challengeText, tagText, honest].map((text) =>
    Buffer.from(text, "base64"),
  );
  /** An honest object with some bytes overwritten, or cut, or longer. */
  const damaged = fc
    .tuple(
      fc.constantFrom(...originals),
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc.constantFrom(0, 1, 2),
    )
    .map(([bytes, place, by, way]) => {
      const at = place % bytes.length;
      if (way === 0) return bytes.subarray(0, at);
      if (way === 1) return Buffer.concat([bytes, by]);
      const copy = Buffer.from(bytes);
      copy.set(by.subarray(0, bytes.length - at), at);
      return copy;
    })
    .map((bytes) => bytes.toString("base64"));

  it("are no object, or one that is written the same; and never an exception", () => {
    fc.assert(
      fc.property(fc.oneof(anyValue, damaged, fc.base64String()), (value) => {
        const [asBeat, asChallenge, asTag, asProof] = readers.map((read) => read(value));
        expect(asTag === undefined || (asTag as { bytes: Buffer }).bytes.toString("base64") === value).toBe(true);
        if (asBeat !== undefined) expect(swizzleBeatToWire(asBeat as never)).toBe(value);
        if (asChallenge !== undefined) expect(swizzleChallengeToWire(asChallenge as never)).toBe(value);
        if (asProof !== undefined) expect(swizzleProofToWire(asProof as never)).toBe(value);
        const verdict = judge(value);
        expect(verdict === "ok").toBe(value === honest);
        if (asProof === undefined) expect(verdict).toBe("corrupted");
      }),
      { numRuns: 3000 },
    );
  });

  it("claim great lengths in vain", () => {
    const u32s = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer).toString("base64");
    for (const text of [
      u32s(0xffffffff),
      u32s(0xffffffff, 1),
      u32s(1, 0xffffffff),
      u32s(10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      u32s(1, 1025, ...Array<number>(300).fill(1)),
      "A".repeat(2_000_000),
      `${honest.slice(0, -4)}====`,
      ` ${honest}`,
    ]) {
      expect(readers.map((read) => read(text))).toEqual([undefined, undefined, undefined, undefined]);
      expect(judge(text)).toBe("corrupted");
    }
  });

  it("open no state", () => {
    const sealed = sealSwizzleState(beat, state, randomBytes(16));
    expect(openSwizzleState(beat, sealed)).toEqual(state);
    const other = newSwizzleBeat({ ...beat.keys!, mac: randomBytes(32) });
    expect(openSwizzleState(other, sealed)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat({ max: sealed.length * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(sealed);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(openSwizzleState(beat, flipped)).toBeUndefined();
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => openSwizzleState(beat, bytes) === undefined));
    expect(() => openSwizzleState(publicSwizzleBeat(beat), sealed)).toThrow("public beat");
  });
});
