import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Crypto, StreamCipher } from "./crypto.ts";
import { crypto as native } from "./native.ts";
import { crypto as noble } from "./noble.ts";

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
const keys = fc.constantFrom(16, 24, 32).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
const ivs = fc.uint8Array({ minLength: 16, maxLength: 16 });
const points = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Parts as they come out of a larger buffer: at any offset. */
const parts = fc.array(
  fc.tuple(fc.uint8Array({ minLength: 4, maxLength: 90 }), fc.nat(3)).map(([bytes, offset]) => bytes.subarray(offset)),
  { maxLength: 8 },
);

function through(cipher: StreamCipher, pieces: Uint8Array[]): Uint8Array[] {
  return pieces.map((piece) => plain(cipher.update(piece)));
}

/** A result, or that there is none. */
function outcome(act: () => Uint8Array): Uint8Array | "refused" {
  try {
    return plain(act());
  } catch {
    return "refused";
  }
}

describe("OpenSSL and JavaScript", () => {
  it("hash alike", () => {
    const names = ["sha256", "sha384", "sha512", "sha3-256", "sha3-512", "blake2b512"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 600 }), (name, bytes) => {
        expect(plain(native.hash(name, bytes))).toEqual(noble.hash(name, bytes));
        expect(plain(native.sha256(bytes))).toEqual(noble.sha256(bytes));
      }),
    );
  });

  it("hash streams alike", () => {
    fc.assert(
      fc.property(parts, (pieces) => {
        const [a, b] = [native.sha1(), noble.sha1()];
        for (const piece of pieces) for (const hash of [a, b]) hash.update(piece);
        expect(plain(a.digest())).toEqual(b.digest());
      }),
    );
  });

  it("decrypt long parts alike, at any offset and behind any number of bytes", () => {
    const encrypted = native.randomBytes(70_003);
    fc.assert(
      fc.property(keys, ivs, fc.nat(40), fc.nat(3), fc.nat(65_536), (key, iv, lead, skip, length) => {
        const pieces = [encrypted.subarray(0, lead), encrypted.subarray(lead + skip, lead + skip + length)];
        expect(through(native.decryptCfb(key, iv), pieces)).toEqual(through(noble.decryptCfb(key, iv), pieces));
      }),
      { numRuns: 30 },
    );
  });

  it("encrypt and decrypt streams alike, however they are cut", () => {
    fc.assert(
      fc.property(keys, ivs, parts, (key, iv, pieces) => {
        const encrypted = through(native.encryptCfb(key, iv), pieces);
        expect(through(noble.encryptCfb(key, iv), pieces)).toEqual(encrypted);
        expect(through(noble.decryptCfb(key, iv), encrypted)).toEqual(pieces.map(plain));
      }),
    );
  });

  it("derive keys and authenticate alike", () => {
    fc.assert(
      fc.property(points, fc.string(), fc.uint8Array({ maxLength: 600 }), (key, info, bytes) => {
        expect(noble.hkdfSha256(key, info, 32)).toEqual(native.hkdfSha256(key, info, 32));
        expect(noble.hmacSha256(key, bytes)).toEqual(plain(native.hmacSha256(key, bytes)));
      }),
    );
  });

  it("encrypt with AES-GCM alike, and refuse what was changed", () => {
    const gcmKeys = fc.constantFrom(16, 32).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const nonces = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(
        gcmKeys,
        nonces,
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 600 }),
        fc.nat(),
        (key, nonce, aad, text, at) => {
          const options = { key, nonce, aad };
          const encrypted = plain(native.encryptGcm(options, text));
          expect(plain(noble.encryptGcm(options, text))).toEqual(encrypted);
          for (const crypto of [native, noble]) {
            expect(plain(crypto.decryptGcm(options, encrypted))).toEqual(text);
            const changed = Uint8Array.from(encrypted);
            changed[at % changed.length]! ^= 1;
            expect(outcome(() => crypto.decryptGcm(options, changed))).toBe("refused");
            expect(outcome(() => crypto.decryptGcm({ ...options, aad: Uint8Array.of(...aad, 0) }, encrypted))).toBe(
              "refused",
            );
            expect(outcome(() => crypto.decryptGcm(options, encrypted.subarray(0, 15)))).toBe("refused");
          }
        },
      ),
    );
  });

  it("wrap and unwrap keys alike, and refuse the same", () => {
    const wraps = fc.integer({ min: 2, max: 6 }).chain((n) => fc.uint8Array({ minLength: 8 * n, maxLength: 8 * n }));
    fc.assert(
      fc.property(keys, wraps, fc.boolean(), (kek, secret, spoilt) => {
        const wrapped = native.wrapKey(kek, secret);
        expect(noble.wrapKey(kek, secret)).toEqual(plain(wrapped));
        if (spoilt) wrapped[3] = (wrapped[3] ?? 0) ^ 1;
        const expected = spoilt ? "refused" : secret;
        for (const crypto of [native, noble]) expect(outcome(() => crypto.unwrapKey(kek, wrapped))).toEqual(expected);
      }),
    );
  });

  it("agree on one secret, with any point", () => {
    fc.assert(
      fc.property(points, points, (secret, point) => {
        const shared = (crypto: Crypto) => outcome(() => crypto.openX25519(secret).agree(point));
        expect(shared(noble)).toEqual(shared(native));
        expect(noble.openX25519(secret).point).toEqual(plain(native.openX25519(secret).point));
      }),
      { numRuns: 30 },
    );
    const [a, b] = [native.generateX25519(), noble.generateX25519()];
    expect(plain(a.agree(b.point))).toEqual(b.agree(a.point));
    // RFC 7748, 6.1: a point of small order gives nothing to share.
    for (const { agree } of [a, b]) expect(outcome(() => agree(new Uint8Array(32)))).toBe("refused");
  });

  it("derive by scrypt", async () => {
    const utf8 = new TextEncoder();
    const cost = { N: 1024, r: 8, p: 16 };
    for (const crypto of [native, noble]) {
      // RFC 7914, 12: the second vector.
      const key = await crypto.scrypt(utf8.encode("password"), utf8.encode("NaCl"), cost, 64);
      expect(Buffer.from(key).toString("hex")).toBe(
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
      );
    }
  });

  it("make random bytes and compare secrets", () => {
    for (const crypto of [native, noble]) {
      expect(crypto.randomBytes(18)).toHaveLength(18);
      expect(crypto.randomBytes(18)).not.toEqual(crypto.randomBytes(18));
      expect(crypto.equalSecrets(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
      expect(crypto.equalSecrets(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
      expect(crypto.equalSecrets(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    }
  });
});

describe("what the platform does later", () => {
  it("encrypts long parts as the stream does, behind any number of bytes and before more", async () => {
    const content = native.randomBytes(300_000);
    await fc.assert(
      fc.asyncProperty(
        keys,
        ivs,
        fc.array(fc.nat(100_000), { minLength: 1, maxLength: 4 }),
        async (key, iv, lengths) => {
          const [soon, plainly] = [noble.encryptCfb(key, iv), native.encryptCfb(key, iv)];
          for (const [index, length] of lengths.entries()) {
            const part = content.subarray(index, index + length);
            expect(plain((await soon.updateSoon?.(part)) ?? Buffer.alloc(0))).toEqual(plain(plainly.update(part)));
            // In between, as headers come.
            const few = content.subarray(0, index * 7);
            expect(plain(soon.update(few))).toEqual(plain(plainly.update(few)));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("hashes as at once", async () => {
    for (const length of [0, 1, 16_383, 16_384, 1_048_577]) {
      const bytes = native.randomBytes(length);
      expect(plain((await noble.sha256Soon?.(bytes)) ?? Buffer.alloc(0))).toEqual(plain(native.sha256(bytes)));
    }
  });

  it("hashes streams of any lengths with SHA-1, by the kernel", () => {
    const content = native.randomBytes(200_000);
    fc.assert(
      fc.property(fc.array(fc.nat(40_000), { maxLength: 5 }), (lengths) => {
        const [a, b] = [native.sha1(), noble.sha1()];
        for (const [index, length] of lengths.entries()) {
          for (const hash of [a, b]) hash.update(content.subarray(index, index + length));
        }
        expect(plain(b.digest())).toEqual(plain(a.digest()));
      }),
      { numRuns: 50 },
    );
  });
});
