import * as fc from "fast-check";
import { hexToBytes } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { crypto } from "#crypto";
import { crypto as pureCrypto } from "./crypto/noble.ts";
import { addressOfKey } from "./keys.ts";
import { recoverTyped, signTyped, verifyTyped } from "./sign-typed.ts";
import { recoverDigest, signDigest } from "./signatures.ts";
import { type Message, type SigningContext, TYPES } from "./typed-data.ts";
import { digestOf, domainOf } from "./typed-digest.ts";
import type { Hex } from "./words.ts";

const context: SigningContext = { chainId: 26170, deals: `0x${"d1".repeat(20)}`, registry: `0x${"e2".repeat(20)}` };
const key: Hex = `0x${"4c".repeat(32)}`;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secret = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((value): Hex => `0x${value.toString(16).padStart(64, "0")}`);

function quote(nonce: number): Message<"Quote"> {
  return {
    provider: addressOfKey(key),
    owner: `0x${"22".repeat(20)}`,
    documentHash: `0x${"33".repeat(32)}`,
    piece: 1,
    shard: 2,
    commitment: `0x${"44".repeat(32)}`,
    rawLength: 127n,
    pricePerPeriod: 5n,
    egressPrice: 6n,
    periods: 9,
    duty: (1n << 168n) - 1n,
    verifierSet: `0x${"55".repeat(32)}`,
    expiry: 9n,
    nonce: `0x${nonce.toString(16).padStart(64, "0")}`,
  };
}

describe("signTyped", () => {
  it("gives the bytes that viem's account gives", async () => {
    const account = privateKeyToAccount(key);
    const expected = await account.signTypedData({
      domain: domainOf("Quote", context),
      types: TYPES,
      primaryType: "Quote",
      message: quote(7),
    });
    expect(signTyped("Quote", quote(7), context, key)).toBe(expected);
    expect(recoverTyped("Quote", quote(7), context, expected)).toBe(account.address.toLowerCase());
  });

  it("binds the type, the contract and the chain", () => {
    const signature = signTyped(
      "Receipt",
      { deal: quote(1).nonce, commitment: quote(2).nonce, rawLength: 3n },
      context,
      key,
    );
    const same = { deal: quote(1).nonce, commitment: quote(2).nonce, rawLength: 3n };
    const me = addressOfKey(key);
    expect(verifyTyped(me, "Receipt", same, context, signature)).toBe(true);
    expect(verifyTyped(me, "Receipt", same, { ...context, chainId: 1 }, signature)).toBe(false);
    expect(verifyTyped(me, "Receipt", same, { ...context, deals: context.registry }, signature)).toBe(false);
    expect(verifyTyped(me, "Receipt", { ...same, rawLength: 4n }, context, signature)).toBe(false);
    expect(verifyTyped(context.deals, "Receipt", same, context, signature)).toBe(false);
  });

  it("answers no to a message or signature that cannot be", () => {
    const me = addressOfKey(key);
    const signature = signTyped("Quote", quote(7), context, key);
    expect(verifyTyped(me, "Quote", { ...quote(7), piece: -1 }, context, signature)).toBe(false);
    expect(verifyTyped(me, "Quote", quote(7), context, "0x")).toBe(false);
    expect(verifyTyped(me, "Quote", quote(7), context, undefined as unknown as Hex)).toBe(false);
  });

  it("refuses what is no key, without repeating it", () => {
    for (const bad of ["0x", `0x${"00".repeat(32)}`, `0x${ORDER.toString(16)}`, `0x${"zz".repeat(32)}`] as Hex[]) {
      expect(() => signTyped("Quote", quote(7), context, bad)).toThrow("this is not a private key");
    }
  });
});

describe("recoverDigest", () => {
  it("agrees between the addon and JavaScript, and with the key's address", () => {
    fc.assert(
      fc.property(secret, hash, (privateKey, digest) => {
        const signature = signDigest(digest, privateKey);
        expect(signDigest(digest, privateKey, pureCrypto)).toBe(signature);
        expect(recoverDigest(digest, signature)).toBe(addressOfKey(privateKey));
        expect(recoverDigest(digest, signature, pureCrypto)).toBe(addressOfKey(privateKey));
      }),
      { numRuns: 60 },
    );
  });

  it("treats any 65 bytes alike in both, and never throws anything but bad-signature", () => {
    const outcome = (by: typeof crypto, digest: Uint8Array, signature: Hex) => {
      try {
        return recoverDigest(digest, signature, by);
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    const scalar = fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
      fc.constantFrom(0n, 1n, ORDER - 1n, ORDER, ORDER / 2n, ORDER / 2n + 1n, (1n << 256n) - 1n),
    );
    fc.assert(
      fc.property(hash, scalar, scalar, fc.constantFrom(0, 1, 26, 27, 28, 29, 255), (digest, r, s, v) => {
        const word = (value: bigint) => value.toString(16).padStart(64, "0");
        const signature: Hex = `0x${word(r)}${word(s)}${v.toString(16).padStart(2, "0")}`;
        const native = outcome(crypto, digest, signature);
        expect(native).toBe(outcome(pureCrypto, digest, signature));
        expect(native).toMatch(/^(0x[0-9a-f]{40}|bad-signature)$/);
        if (v < 27 || v > 28 || s > ORDER / 2n) expect(native).toBe("bad-signature");
      }),
      { numRuns: 150 },
    );
  });

  it("refuses the malleable twin", () => {
    const digest = hexToBytes(digestOf("Quote", quote(7), context));
    const signature = signDigest(digest, key);
    const s = ORDER - BigInt(`0x${signature.slice(66, 130)}`);
    const v = signature.endsWith("1b") ? "1c" : "1b";
    const twin: Hex = `0x${signature.slice(2, 66)}${s.toString(16).padStart(64, "0")}${v}`;
    expect(() => recoverDigest(digest, twin)).toThrow(/upper half/);
    expect(() => recoverDigest(digest, `${signature}00`)).toThrow(/65 bytes/);
  });
});
