import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../vectors/heartbeat.json" with { type: "json" };
import { RandomIo, randomIoKey, readRandomIo } from "./random-io.ts";

describe("RandomIo", () => {
  it("makes the original's key and bytes, from the start and from any offset", () => {
    for (const { seed, aes256_key_hex, first_64_bytes_hex, sha256_of_first_n_bytes, seek_reads } of vectors.randomio) {
      const text = String(seed);
      expect(randomIoKey(text).toString("hex")).toBe(aes256_key_hex);
      expect(new RandomIo(text).read(64).toString("hex")).toBe(first_64_bytes_hex);
      for (const [length, digest] of Object.entries(sha256_of_first_n_bytes)) {
        expect(hash("sha256", readRandomIo(text, 0, Number(length)))).toBe(digest);
      }
      for (const { offset, length, hex } of seek_reads) {
        expect(readRandomIo(text, offset, length).toString("hex")).toBe(hex);
      }
    }
  });

  it("makes the chunks whose hashes the document knows", () => {
    for (const { seed, size, file_hash } of vectors.file_hash_readme) {
      expect(hash("sha256", readRandomIo(seed, 0, size))).toBe(file_hash);
    }
  });

  it("goes on where the last read ended, however it is read", () => {
    const whole = readRandomIo("pieces", 0, 3_000_000);
    fc.assert(
      fc.property(
        fc.nat({ max: 2_000_000 }),
        fc.array(fc.nat({ max: 1_300_000 }), { maxLength: 4 }),
        (offset, lengths) => {
          const stream = new RandomIo("pieces", offset);
          let at = offset;
          for (const [turn, length] of lengths.entries()) {
            const wanted = Math.min(length, whole.length - at);
            const bytes = turn % 2 === 0 ? stream.read(wanted) : new Uint8Array(wanted);
            if (turn % 2 === 1) stream.fill(bytes);
            expect(Buffer.compare(bytes, whole.subarray(at, at + wanted))).toBe(0);
            at += wanted;
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
