import * as fc from "fast-check";
import { bytesToHex, getAddress, hashTypedData } from "viem";
import { describe, expect, it } from "vitest";
import { CairnError } from "./errors.ts";
import { type Message, TYPES, type TypeName } from "./typed-data.ts";
import { digestOf, domainOf } from "./typed-digest.ts";
import type { Hex } from "./words.ts";

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => bytesToHex(b) as Hex);

function field(type: string): fc.Arbitrary<unknown> {
  if (type === "address") return hex(20);
  if (type === "bytes32") return hex(32);
  if (type === "string") return fc.string({ unit: "grapheme", maxLength: 300 });
  const bits = Number(type.slice(4));
  const edges = [0n, 1n, (1n << BigInt(bits)) - 1n];
  const wide = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }));
  return bits <= 32 ? wide.map(Number) : wide;
}

const typed = fc.constantFrom(...(Object.keys(TYPES) as TypeName[])).chain((type) =>
  fc.record({
    type: fc.constant(type),
    message: fc.record(Object.fromEntries(TYPES[type].map((f) => [f.name, field(f.type)]))),
  }),
);

const context = fc.record({
  chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  deals: hex(20),
  registry: hex(20),
});

describe("typedDigest", () => {
  it("equals viem's hashTypedData for every type", () => {
    fc.assert(
      fc.property(typed, context, ({ type, message }, where) => {
        const expected = hashTypedData({
          domain: domainOf(type, where),
          types: TYPES,
          primaryType: type,
          message,
        } as unknown as Parameters<typeof hashTypedData>[0]);
        expect(digestOf(type, message as Message<typeof type>, where)).toBe(expected);
      }),
      { numRuns: 400 },
    );
  });

  it("does not depend on the case of addresses", () => {
    const where = { chainId: 1, deals: `0x${"ab".repeat(20)}` as Hex, registry: `0x${"cd".repeat(20)}` as Hex };
    const message = { deal: `0x${"00".repeat(32)}` as Hex, provider: `0x${"ef".repeat(20)}` as Hex, expiry: 5n };
    const mixed = { ...message, provider: getAddress(message.provider) };
    expect(digestOf("UploadCapability", mixed, { ...where, deals: getAddress(where.deals) })).toBe(
      digestOf("UploadCapability", message, where),
    );
  });

  const where = { chainId: 1, deals: `0x${"01".repeat(20)}` as Hex, registry: `0x${"02".repeat(20)}` as Hex };
  const good: Message<"ReadTicket"> = {
    deal: `0x${"00".repeat(32)}`,
    offset: 0n,
    length: 1n,
    expiry: 2n,
    nonce: `0x${"00".repeat(32)}`,
  };
  it.each([
    ["a negative integer", { offset: -1n }],
    ["an integer that is too wide", { offset: 1n << 64n }],
    ["a number where a bigint belongs", { offset: 5 }],
    ["short hex", { deal: "0x00" }],
    ["hex with a bad digit", { deal: `0x${"0g".repeat(32)}` }],
    ["hex with a bad high digit", { deal: `0x${"g0".repeat(32)}` }],
    ["a missing field", { nonce: undefined }],
  ])("refuses %s", (_, change) => {
    const bad = { ...good, ...change } as unknown as Message<"ReadTicket">;
    expect(() => digestOf("ReadTicket", bad, where)).toThrow(CairnError);
  });

  it("refuses a bad context", () => {
    expect(() => digestOf("ReadTicket", good, { ...where, deals: "0x12" })).toThrow(/verifyingContract/);
    expect(() => digestOf("ReadTicket", good, { ...where, chainId: -1 })).toThrow(/chainId/);
  });
});
