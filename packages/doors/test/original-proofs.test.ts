import { describe, expect, it } from "vitest";
import { prove, randomFile } from "./support/original-proofs.ts";
import { readHeartbeatVectors } from "./support/vectors.ts";

const { merkle, swizzle, randomio } = readHeartbeatVectors();

describe("the simulated farmer's own maths", () => {
  it.each(merkle)("makes the original's Merkle proofs: $name", ({ file_hex, tag, rounds, beat_public }) => {
    const file = Buffer.from(file_hex, "hex");
    for (const { challenge, proof } of rounds)
      expect(prove("Merkle", beat_public, file, tag, challenge)).toEqual(proof);
  });

  it.each(swizzle)("makes the original's Swizzle proofs: $name", ({ file_hex, tag, rounds, beat_public }) => {
    const file = Buffer.from(file_hex, "hex");
    for (const { challenge, proof } of rounds)
      expect(prove("Swizzle", beat_public, file, tag, challenge)).toEqual(proof);
  });

  it("makes the original's files", () => {
    for (const { seed, seed_type, first_64_bytes_hex } of randomio) {
      if (seed_type === "utf8") expect(randomFile(seed, 64).toString("hex")).toBe(first_64_bytes_hex);
    }
  });
});
