import { secp256k1 } from "@noble/curves/secp256k1";
import { ripemd160 } from "@noble/hashes/legacy";
import { sha256 } from "@noble/hashes/sha2";
import { base58check } from "@scure/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSignedMessageVectors } from "../../../test/support/vectors.ts";
import { bitcoinMessageHash, verifyBitcoinMessage } from "./bitcoin-message.ts";

const { cases, sig_hash } = readSignedMessageVectors();

function addressOf(key: Uint8Array, compressed: boolean, version = 0): string {
  const hash = ripemd160(sha256(secp256k1.getPublicKey(key, compressed)));
  return base58check(sha256).encode(Uint8Array.of(version, ...hash));
}

function sign(key: Uint8Array, message: string, header: number): string {
  const signature = secp256k1.sign(bitcoinMessageHash(message), key);
  return Buffer.from(Uint8Array.of(header, ...signature.toCompactRawBytes())).toString("base64");
}

describe("verifyBitcoinMessage", () => {
  it.each(cases)("agrees with the original: $what", ({ address, message, signature, verify }) => {
    expect(verifyBitcoinMessage(address, message, signature)).toBe(verify);
  });

  it.each(sig_hash)("hashes as the original does", ({ message, double_sha256_hex }) => {
    expect(Buffer.from(bitcoinMessageHash(message)).toString("hex")).toBe(double_sha256_hex);
  });

  it("takes whatever any key signed, under any header, and nobody else's", () => {
    const key = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((bytes) => secp256k1.utils.isValidPrivateKey(bytes));
    const message = fc.string({ unit: "grapheme" }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(key, message, fc.integer({ min: 0, max: 255 }), fc.boolean(), (owner, text, header, compressed) => {
        const signature = sign(owner, text, header);
        const address = addressOf(owner, compressed);
        expect(verifyBitcoinMessage(address, text, signature)).toBe(true);
        expect(verifyBitcoinMessage(address, `${text} `, signature)).toBe(false);
        expect(verifyBitcoinMessage(addressOf(owner, compressed, 5), text, signature)).toBe(false);
        expect(verifyBitcoinMessage(cases[0]!.address, text, signature)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  it("says no to whatever else stands for an address or a signature", () => {
    const text = fc.string({ unit: "binary", maxLength: 120 });
    const bytes = fc.uint8Array({ minLength: 65, maxLength: 65 }).map((raw) => Buffer.from(raw).toString("base64"));
    fc.assert(
      fc.property(
        fc.oneof(text, fc.constant(cases[0]!.address)),
        text,
        fc.oneof(text, bytes),
        (address, message, signature) => {
          expect(verifyBitcoinMessage(address, message, signature)).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuses r and s of zero, of the order, and beyond", () => {
    const { address, message } = cases[0]!;
    for (const byte of [0, 255]) {
      const signature = Buffer.concat([Buffer.of(31), Buffer.alloc(64, byte)]).toString("base64");
      expect(verifyBitcoinMessage(address, message, signature)).toBe(false);
    }
  });
});
