import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPhc, parsePhc } from "./phc.ts";

const hashes = fc.record({
  memory: fc.integer({ min: 800, max: 262_144 }),
  passes: fc.integer({ min: 1, max: 999 }),
  parallelism: fc.integer({ min: 1, max: 99 }),
  salt: fc.uint8Array({ minLength: 9, maxLength: 64 }),
  tag: fc.uint8Array({ minLength: 17, maxLength: 64 }),
});

describe("PHC strings", () => {
  it("give back what they were made of", () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        const parsed = parsePhc(formatPhc(hash));
        expect(parsed && { ...parsed, salt: [...parsed.salt], tag: [...parsed.tag] }).toEqual({
          ...hash,
          salt: [...hash.salt],
          tag: [...hash.tag],
        });
      }),
    );
  });

  it("are one spelling, of argon2id alone, within what a hash may cost", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), hashes.map(formatPhc)), fc.string({ maxLength: 3 }), (text, more) => {
        const parsed = parsePhc(text + more);
        if (parsed !== undefined) expect(formatPhc(parsed)).toBe(text + more);
      }),
    );
    for (const text of [
      "$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "$argon2id$v=16$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "$argon2id$v=19$m=9999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "$argon2id$v=19$m=7,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ])
      expect(parsePhc(text)).toBeUndefined();
  });
});
