import { type Hex, MAX_DOCUMENT_BYTES, type Message, type Signed, TYPES, type TypeName } from "@cairn/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFrame, parseHello, parseWelcome } from "./frames.ts";
import { proofsFromJson, proofsToJson, reportsFromJson, reportsToJson, resultsFromJson } from "./pushes.ts";
import { requestFromJson, requestToJson, type WireRequest } from "./requests.ts";

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b): Hex => `0x${Buffer.from(b).toString("hex")}`);

function messageOf<N extends TypeName>(type: N): fc.Arbitrary<Message<N>> {
  const fields = TYPES[type].map(({ name, type: kind }) => {
    if (kind === "address") return [name, hex(20)];
    if (kind === "bytes32") return [name, hex(32)];
    if (kind === "string") return [name, fc.string({ maxLength: 20 })];
    const bits = Number(kind.slice(4));
    return [
      name,
      bits <= 32 ? fc.nat(2 ** Math.min(bits, 30) - 1) : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }),
    ];
  });
  return fc.record(Object.fromEntries(fields)) as unknown as fc.Arbitrary<Message<N>>;
}

const signed = <N extends TypeName>(type: N): fc.Arbitrary<Signed<N>> =>
  fc.record({ message: messageOf(type), signature: hex(65) });
const path = fc.constantFrom("/api/v1/provider/ranges/0011", "/api/v1/provider/shards/0xab");

const requests: fc.Arbitrary<WireRequest> = fc.oneof(
  fc.record({
    type: fc.constant("quote" as const),
    owner: hex(20),
    documentHash: hex(32),
    piece: fc.nat(),
    shard: fc.nat(254),
    commitment: hex(32),
    rawLength: fc.integer({ min: 1, max: 4_194_304 }).map((n) => n * 127),
    periods: fc.integer({ min: 1, max: 2 ** 31 }),
    verifierSet: hex(32),
  }),
  fc.record({
    type: fc.constant("store" as const),
    deal: hex(32),
    quote: messageOf("Quote"),
    source: path,
    capability: signed("UploadCapability"),
    manifest: fc.record({ sha256: hex(32), size: fc.nat(1 << 28) }),
    documentSize: fc.integer({ min: 1, max: MAX_DOCUMENT_BYTES }),
  }),
  fc.record({
    type: fc.constant("prove" as const),
    deal: hex(32),
    purpose: fc.constantFrom("period" as const, "activation" as const, "check" as const),
    period: fc.nat(),
    seed: hex(32),
    leaves: fc.integer({ min: 1, max: 300 }),
  }),
  fc.record({ type: fc.constant("scrub" as const), deal: hex(32) }),
  fc.record({ type: fc.constant("discard" as const), deal: hex(32), capability: signed("UploadCapability") }),
  fc.record({
    type: fc.constant("manifest" as const),
    documentHash: hex(32),
    capability: signed("ReadCapability"),
    respond: path,
  }),
  fc.record({
    type: fc.constant("read" as const),
    ticket: signed("ReadTicket"),
    capability: signed("ReadCapability"),
    respond: path,
  }),
);

const overWire = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
const onlyBadMessage = (parse: () => unknown) => {
  try {
    parse();
  } catch (error) {
    expect((error as { code?: string }).code).toBe("bad-message");
  }
};

describe("requests over the wire", () => {
  it("arrive as they were sent", () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(requestFromJson(overWire(requestToJson(request)))).toEqual(request);
      }),
    );
  });

  it("are refused by name of the field when one is spoilt", () => {
    fc.assert(
      fc.property(
        requests,
        fc.nat(),
        fc.constantFrom(null, -1, 1.5, "", "0xzz", [], {}, "../../etc/passwd", "//host/x"),
        (request, pick, spoilt) => {
          const json = overWire(requestToJson(request)) as Record<string, unknown>;
          const names = Object.keys(json);
          json[names[pick % names.length] as string] = spoilt;
          onlyBadMessage(() => requestFromJson(json));
        },
      ),
    );
  });

  it("never lead to another host", () => {
    const [scrub] = fc.sample(fc.record({ capability: signed("ReadCapability"), documentHash: hex(32) }), 1);
    for (const respond of ["//evil.example/x", "http://evil.example", "/a/../b", "/a?x=1", "/a//b", "a", "/"]) {
      const json = overWire(requestToJson({ type: "manifest", ...scrub!, respond }));
      expect(() => requestFromJson(json)).toThrowError(/respond/);
    }
  });

  it("answer any JSON with bad-message", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (json, words) => {
        onlyBadMessage(() => requestFromJson(json));
        onlyBadMessage(() => proofsFromJson(json));
        onlyBadMessage(() => reportsFromJson(json));
        onlyBadMessage(() => resultsFromJson(json, 1));
        for (const text of [JSON.stringify(json), words]) {
          onlyBadMessage(() => parseFrame(text));
          onlyBadMessage(() => parseHello(text));
        }
      }),
    );
  });
});

describe("pushes", () => {
  it("arrive as they were sent", () => {
    const proof = fc.record({
      deal: hex(32),
      purpose: fc.constant("period" as const),
      period: fc.nat(),
      proof: fc.uint8Array({ maxLength: 200 }),
      signature: hex(65),
    });
    fc.assert(
      fc.property(
        fc.array(proof, { maxLength: 5 }),
        fc.array(signed("DamageReport"), { maxLength: 5 }),
        (proofs, reports) => {
          const arrived = proofsFromJson(overWire(proofsToJson(proofs)));
          expect(arrived.map((item) => ({ ...item, proof: Uint8Array.from(item.proof) }))).toEqual(proofs);
          expect(reportsFromJson(overWire(reportsToJson(reports)))).toEqual(reports);
        },
      ),
    );
  });

  it("take as many results as there were items", () => {
    expect(resultsFromJson({ results: ["accepted", "no"] }, 2)).toEqual(["accepted", "no"]);
    expect(() => resultsFromJson({ results: ["accepted"] }, 2)).toThrowError(/results/);
    expect(() => resultsFromJson({ results: ["x".repeat(501)] }, 1)).toThrowError(/results/);
  });
});

describe("a gateway's welcome", () => {
  it("carries its refusal over", () => {
    const session = "0123456789abcdef0123456789abcdef";
    expect(parseWelcome(JSON.stringify({ type: "welcome", session }))).toBe(session);
    expect(() => parseWelcome('{"type":"welcome"}')).toThrowError(/welcome.session/);
    const refusal = JSON.stringify({ type: "refused", error: { code: "wrong-key", kind: "auth", message: "no" } });
    expect(() => parseWelcome(refusal)).toThrowError("no");
    const hostile = JSON.stringify({ type: "refused", error: { code: "<b>", kind: "zzz", message: "m".repeat(5000) } });
    try {
      parseWelcome(hostile);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "bad-error", kind: "internal" });
      expect((error as Error).message.length).toBe(2000);
    }
  });
});
