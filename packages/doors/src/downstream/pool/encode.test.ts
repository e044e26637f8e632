import { createHash, randomBytes } from "node:crypto";
import {
  newSwizzleBeat,
  openSwizzleState,
  proveMerkle,
  proveSwizzle,
  readMerkleTag,
  readRandomIo,
  readSwizzleTag,
  verifyMerkleAnswer,
  verifySwizzleAnswer,
} from "@cairn/proofs/heartbeat";
import { describe, expect, it } from "vitest";
import { createBeats } from "../beats.ts";
import { contractBeats } from "../contracts/contract-beats.ts";
import { encode, SECRET_BYTES } from "./encode.ts";

const beats = createBeats(randomBytes);
const secrets = (copies: number) => Array.from({ length: copies }, () => randomBytes(SECRET_BYTES));
const SIZES = [1, 99, 1024, 40_000];

describe("encode", () => {
  it("knows the content that the original made from a seed", async () => {
    const { hash } = await encode({
      beat: { scheme: "Merkle", key: beats.merkleKey, checkFraction: 0.01, rounds: 1 },
      content: { seed: "d6802b4083fb3a4b265698ec019e27f9", size: 1024 },
      secrets: [],
    });
    expect(Buffer.from(hash).toString("hex")).toBe("87c6107708d110ce7a95e1a65812bf0cbd874f9886846dc54c0925184948a748");
  });

  it("makes Merkle copies that farmers can answer for, each for itself", async () => {
    for (const size of SIZES) {
      const content = { seed: `seed ${size}`, size };
      const beat = { scheme: "Merkle", key: beats.merkleKey, checkFraction: 0.01, rounds: 5 } as const;
      const { encodings } = await encode({ beat, content, secrets: secrets(2) });
      const proofs = [];
      for (const { tag, root, rounds, seed } of encodings) {
        const next = contractBeats(beats, 0.01).nextSeed(Buffer.from(seed!));
        const read = (offset: number, length: number) => readRandomIo(content.seed, offset, length);
        const proof = await proveMerkle(readMerkleTag(JSON.parse(tag))!, { seed: next, index: 0 }, read);
        expect(verifyMerkleAnswer({ root: root!, rounds: rounds!, index: 0 }, proof)).toBe("ok");
        proofs.push(proof);
      }
      expect(verifyMerkleAnswer({ root: encodings[0]!.root!, rounds: 5, index: 0 }, proofs[1])).toBe("invalid");
    }
  });

  it("makes Swizzle copies that farmers can answer for, from bytes that are there", async () => {
    const beat = newSwizzleBeat(beats.swizzle);
    for (const size of SIZES) {
      const bytes = randomBytes(size);
      const { hash, encodings } = await encode({
        beat: { scheme: "Swizzle", keys: beats.swizzle },
        content: { bytes },
        secrets: secrets(2),
      });
      expect(Buffer.from(hash)).toEqual(createHash("sha256").update(bytes).digest());
      for (const { tag, state } of encodings) {
        const opened = openSwizzleState(beat, state!)!;
        const challenge = { length: 2, key: randomBytes(32), limit: beat.prime };
        const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
        const holding = { beat, tag: readSwizzleTag(JSON.parse(tag))!, fileSize: size, read };
        const proof = await proveSwizzle(holding, challenge);
        expect(verifySwizzleAnswer(beat, opened, challenge, proof)).toBe("ok");
      }
    }
  });

  it("takes no more memory for a large chunk than for a small one", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const content = { seed: "large", size: 64 * 1024 * 1024 };
    const beat = { scheme: "Merkle", key: beats.merkleKey, checkFraction: 0.01, rounds: 100 } as const;
    const { hash } = await encode({ beat, content, secrets: secrets(1) });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    const whole = readRandomIo(content.seed, 0, content.size);
    expect(Buffer.from(hash)).toEqual(createHash("sha256").update(whole).digest());
  });
});
