import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBeats, parseBeats, serialiseBeats } from "./beats.ts";

const beats = createBeats(randomBytes);

describe("beats", () => {
  it("are read back as they were written", () => {
    expect(parseBeats(serialiseBeats(beats))).toEqual(beats);
  });

  it("have six keys of their own", () => {
    const keys = [
      beats.merkleKey,
      beats.swizzle.encryption,
      beats.swizzle.mac,
      beats.networkKey,
      beats.nonceKey,
      beats.challengeKey,
    ];
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(6);
    expect(keys.every((key) => key.length === 32)).toBe(true);
  });

  it("are refused when anything of the file is damaged", () => {
    const text = serialiseBeats(beats);
    const bad = expect.objectContaining({ code: "downstream-bad-beats" });
    expect(() => parseBeats(text.slice(0, -10))).toThrow(bad);
    for (const body of ["", "null", "[]", "1", "{}", '{"version":2}']) expect(() => parseBeats(body)).toThrow(bad);
    const json = JSON.parse(text) as Record<string, unknown>;
    for (const field of Object.keys(json)) {
      expect(() => parseBeats(JSON.stringify({ ...json, [field]: undefined }))).toThrow(bad);
      expect(() => parseBeats(JSON.stringify({ ...json, [field]: "AAAA" }))).toThrow(bad);
    }
    const swizzle = json.swizzle as Record<string, unknown>;
    for (const field of Object.keys(swizzle))
      expect(() => parseBeats(JSON.stringify({ ...json, swizzle: { ...swizzle, [field]: 7 } }))).toThrow(bad);
  });

  it("never make the reader fail in another way", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => parseBeats(text)).toThrow(expect.objectContaining({ code: "downstream-bad-beats" }));
      }),
    );
  });
});
