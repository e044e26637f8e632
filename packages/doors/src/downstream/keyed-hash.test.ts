import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyedHash } from "./keyed-hash.ts";

describe("keyedHash", () => {
  it("is HMAC-SHA256, one message after the other", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.uint8Array({ maxLength: 200 })), (key, messages) => {
        const keyed = keyedHash(key);
        for (const message of messages) {
          expect(keyed(message)).toEqual(createHmac("sha256", key).update(message).digest());
        }
      }),
    );
  });

  it("takes no key that would have to be hashed first", () => {
    expect(() => keyedHash(new Uint8Array(65))).toThrow(RangeError);
  });
});
