import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../../vectors/heartbeat.json" with { type: "json" };
import { readRandomIo } from "../random-io.ts";
import { answerOneHash, OneHashResponses, oneHashChallenges, oneHashPiece } from "./one-hash.ts";

describe.each(vectors.onehash)("the original's OneHash vector of $file_size bytes", (vector) => {
  const file = readRandomIo(vector.file_seed_of_RandomIO, 0, vector.file_size);
  const read = (offset: number, length: number) => file.subarray(offset, offset + length);
  const blocks = vector.challenges.map(({ block }) => block);
  const challenges = oneHashChallenges(String(vector.root_seed), Buffer.from(vector.secret_hex, "hex"), blocks);
  const responses = Promise.all(challenges.map((challenge) => answerOneHash(challenge, file.length, read)));

  it("gives its seeds and responses", async () => {
    expect(challenges.map(({ seed }) => Buffer.from(seed).toString("hex"))).toEqual(
      vector.challenges.map(({ seed_hex }) => seed_hex),
    );
    expect((await responses).map((response) => response.toString("hex"))).toEqual(
      vector.challenges.map(({ response_hex }) => response_hex),
    );
  });

  it("accepts each response once and nothing else", async () => {
    const waiting = new OneHashResponses(await responses);
    expect(waiting.accept(Buffer.alloc(32))).toBe(false);
    for (const response of await responses) {
      expect([waiting.accept(response), waiting.accept(response)]).toEqual([
        vector.check_answer_first_time,
        vector.check_answer_second_time,
      ]);
    }
  });
});

describe("oneHashPiece", () => {
  it("reads within the file, and something of it, whatever the block", () => {
    const places = fc
      .integer({ min: 10, max: 100_000 })
      .chain((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.constant(size)));
    fc.assert(
      fc.property(places, ([block, size]) => {
        const ranges = oneHashPiece(block, size);
        expect(ranges.every(({ offset, length }) => length >= 0 && offset >= 0 && offset + length <= size)).toBe(true);
        expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(0);
      }),
    );
  });

  it("refuses what would read nothing or another place", () => {
    for (const [block, size] of [
      [0, 9],
      [-1, 100],
      [100, 100],
      [0.5, 100],
      [0, 0],
    ] as const) {
      expect(() => oneHashPiece(block, size)).toThrow("no piece begins at");
    }
  });
});
