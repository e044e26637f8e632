import { createCipheriv, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "../../vectors/erasure.json" with { type: "json" };
import { applyMask, createMask, type MaskKey } from "./mask.ts";
import { patternBytes } from "./testing/pattern-bytes.ts";

const KEY: MaskKey = {
  repairKey: patternBytes(32, 1),
  package: "00112233445566778899aabbccddeeff",
  piece: 3,
  shard: 513,
};

/** HKDF by RFC 5869's own steps, and the keystream by encrypting counters one block at a time. */
function slowKeystream({ repairKey, package: id, piece, shard }: MaskKey, length: number): Uint8Array {
  const info = Buffer.alloc(6);
  info.writeUInt32BE(piece, 0);
  info.writeUInt16BE(shard, 4);
  const extracted = createHmac("sha256", Buffer.from(id, "hex")).update(repairKey).digest();
  const key = createHmac("sha256", extracted)
    .update(Buffer.concat([Buffer.from("cairn/mask/1"), info, Uint8Array.of(1)]))
    .digest();
  const counters = Buffer.alloc(Math.ceil(length / 16) * 16);
  for (let block = 0; block * 16 < counters.length; block++) counters.writeUInt32BE(block, block * 16 + 12);
  return createCipheriv("aes-256-ecb", key, null).update(counters).subarray(0, length);
}

describe("applyMask", () => {
  it("XORs with the keystream of the protocol, at any offset", () => {
    const keystream = slowKeystream(KEY, 4000);
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(1000), (offset, length) => {
        const masked = applyMask({ ...KEY, offset, bytes: new Uint8Array(length) });
        expect(Buffer.compare(masked, keystream.subarray(offset, offset + length))).toBe(0);
      }),
    );
  });

  it("undoes itself", () => {
    const bytes = patternBytes(5000, 2);
    const masked = applyMask({ ...KEY, offset: 7, bytes });
    expect(Buffer.compare(masked, bytes)).not.toBe(0);
    expect(Buffer.compare(applyMask({ ...KEY, offset: 7, bytes: masked }), bytes)).toBe(0);
  });

  it("seeks beyond 2³² blocks as a stream that came there would", () => {
    const offset = 2 ** 36 - 16;
    const across = applyMask({ ...KEY, offset, bytes: new Uint8Array(48) });
    const after = applyMask({ ...KEY, offset: 2 ** 36 + 5, bytes: new Uint8Array(20) });
    expect(Buffer.compare(across.subarray(21, 41), after)).toBe(0);
  });

  it("gives the published vectors", () => {
    for (const { repairKey, package: id, piece, shard, offset, keystream } of vectors.masks) {
      const key = { repairKey: Buffer.from(repairKey, "hex"), package: id, piece, shard };
      const bytes = new Uint8Array(keystream.length / 2);
      expect(Buffer.from(applyMask({ ...key, offset, bytes })).toString("hex")).toBe(keystream);
    }
  });

  it("differs for every key, package, piece and shard", () => {
    const changes: Partial<MaskKey>[] = [
      {},
      { repairKey: patternBytes(32, 2) },
      { package: "00112233445566778899aabbccddeef0" },
      { piece: 4 },
      { shard: 514 },
    ];
    const streams = changes.map((change) =>
      Buffer.from(applyMask({ ...KEY, ...change, offset: 0, bytes: new Uint8Array(32) })).toString("hex"),
    );
    expect(new Set(streams).size).toBe(changes.length);
  });

  it("refuses what is no key", () => {
    const wrong: Partial<MaskKey>[] = [
      { repairKey: new Uint8Array(15) },
      { package: "0011" },
      { package: "00112233445566778899AABBCCDDEEFF" },
      { piece: -1 },
      { piece: 2 ** 32 },
      { shard: 65_536 },
      { shard: 0.5 },
    ];
    for (const change of wrong) {
      expect(() => createMask({ ...KEY, ...change })).toThrowError(expect.objectContaining({ code: "bad-mask-key" }));
    }
    for (const offset of [-1, 0.5, Number.NaN]) {
      expect(() => createMask(KEY, offset)).toThrowError(expect.objectContaining({ code: "bad-mask-key" }));
    }
  });
});

describe("createMask", () => {
  it("goes on where the last call ended, from any offset", () => {
    const bytes = patternBytes(10_000, 3);
    const whole = applyMask({ ...KEY, offset: 33, bytes });
    const mask = createMask(KEY, 33);
    const parts = [0, 1, 17, 4096, 5000].map((from, i, starts) =>
      mask(bytes.subarray(from, starts[i + 1] ?? bytes.length)),
    );
    expect(Buffer.compare(Buffer.concat(parts), whole)).toBe(0);
  });

  it("leaves bytes alone when the mask is none", () => {
    const bytes = patternBytes(10, 3);
    expect(createMask({ ...KEY, mask: "none" })(bytes)).toBe(bytes);
  });
});
