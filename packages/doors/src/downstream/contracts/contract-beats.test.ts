import { randomBytes } from "node:crypto";
import {
  makeSwizzleTag,
  newSwizzleBeat,
  parseSwizzleTag,
  proveSwizzle,
  readRandomIo,
  readSwizzleChallenge,
  sealSwizzleState,
} from "@cairn/proofs/heartbeat";
import { describe, expect, it } from "vitest";
import { createBeats } from "../beats.ts";
import { contractBeats, type Question } from "./contract-beats.ts";
import { sharedFile } from "./testing/merkle-contracts.ts";

const secrets = createBeats(randomBytes);
const beats = contractBeats(secrets, 0.01);

async function swizzleFile(fileSize: number) {
  const beat = newSwizzleBeat(secrets.swizzle);
  const keys = { fKey: randomBytes(32), alphaKey: randomBytes(32) };
  const read = (offset: number, length: number) => readRandomIo("seed", offset, length);
  const { tag, chunks } = await makeSwizzleTag({ beat, ...keys, fileSize, read });
  const state = sealSwizzleState(beat, { chunks, ...keys }, randomBytes(16));
  const holding = { beat, tag: parseSwizzleTag(tag)!, fileSize, read };
  const prove = (challenge: unknown) => proveSwizzle(holding, readSwizzleChallenge(challenge)!);
  return { state, prove };
}

describe("contractBeats", () => {
  it("asks a Swizzle contract something else in every window, and judges by what was asked", async () => {
    const { state, prove } = await swizzleFile(100);
    const question = (contract: string, window: number): Question => ({
      scheme: "Swizzle",
      state,
      key: beats.challengeKey(contract, window),
    });
    const first = question("7", 0);
    const proof = await prove(beats.challenge(first));
    expect(beats.challenge(question("7", 0))).toBe(beats.challenge(first));
    expect(beats.verify(first, proof)).toBe("ok");
    for (const [contract, window] of [
      ["7", 1],
      ["8", 0],
      ["70", 0],
    ] as const) {
      expect(beats.verify(question(contract, window), proof)).toBe("invalid");
    }
    expect(beats.verify(first, "AAAA")).toBe("corrupted");
  });

  it("has no key in common between contracts and windows whose digits run together", () => {
    const keys = [
      ["1", 11],
      ["11", 1],
      ["111", 0],
    ] as const;
    expect(new Set(keys.map(([contract, window]) => beats.challengeKey(contract, window).toString("hex"))).size).toBe(
      3,
    );
  });

  it("says that a state is of another node", async () => {
    const { state } = await swizzleFile(100);
    const foreign = contractBeats(createBeats(randomBytes), 0.01);
    const question: Question = { scheme: "Swizzle", state, key: Buffer.alloc(32) };
    expect(() => foreign.challenge(question)).toThrow(expect.objectContaining({ code: "downstream-foreign-state" }));
    expect(foreign.verify(question, "AAAA")).toBe("invalid");
  });

  it("tells whether a proof can be read, without a challenge", async () => {
    const { proofs } = await sharedFile(secrets, 4);
    const { state, prove } = await swizzleFile(100);
    const swizzle = await prove(beats.challenge({ scheme: "Swizzle", state, key: Buffer.alloc(32) }));
    expect(proofs.map((proof) => beats.readable("Merkle", proof))).toEqual([true, true, true, true]);
    expect(beats.readable("Swizzle", swizzle)).toBe(true);
    expect(beats.readable("Merkle", swizzle)).toBe(false);
    expect(beats.readable("Swizzle", proofs[0])).toBe(false);
    for (const junk of [undefined, null, 1, "", {}, [], { leaf: {}, branch: {} }]) {
      expect([beats.readable("Merkle", junk), beats.readable("Swizzle", junk)]).toEqual([false, false]);
    }
  });
});
