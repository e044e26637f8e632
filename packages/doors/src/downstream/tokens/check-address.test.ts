import { createHash } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2";
import { createBase58check } from "@scure/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSjcxAddress } from "./check-address.ts";

const base58check = createBase58check(sha256);
const ADDRESS = "19qVgG8C6eXwKMMyvVegsi3xCsKyk3Z3jV";

describe("isSjcxAddress", () => {
  it("takes addresses that the original's users had", () => {
    for (const address of [
      ADDRESS,
      "18ZCamw21V7RxavSnxR5PUXbueEUJaGJdG",
      "1111111111111111111114oLvT2",
      "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    ])
      expect(isSjcxAddress(address)).toBe(true);
  });

  it("takes any version with any 20 bytes, and no other length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.integer({ min: 0, max: 255 }),
        (hash, version) => {
          expect(isSjcxAddress(base58check.encode(Uint8Array.of(version, ...hash)))).toBe(true);
          expect(isSjcxAddress(base58check.encode(Uint8Array.of(version, ...hash, 1)))).toBe(false);
          expect(isSjcxAddress(base58check.encode(Uint8Array.of(version, ...hash.subarray(1))))).toBe(false);
        },
      ),
    );
  });

  it("finds every wrong character", () => {
    const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    for (let at = 0; at < ADDRESS.length; at++) {
      const other = alphabet[(alphabet.indexOf(ADDRESS[at]!) + 1) % 58];
      expect(isSjcxAddress(ADDRESS.slice(0, at) + other + ADDRESS.slice(at + 1))).toBe(false);
    }
  });

  it("refuses any other text without failing", () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => !isSjcxAddress(text)));
    for (const text of ["", " " + ADDRESS, ADDRESS + "\n", "0" + ADDRESS, createHash("sha256").digest("hex")])
      expect(isSjcxAddress(text)).toBe(false);
    expect(isSjcxAddress("1".repeat(1_000_000))).toBe(false);
  });
});
