import type { CommitmentDocument, Hex, Quote } from "@cairn/protocol";
import { encodeDocument } from "@cairn/protocol/document";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDocument } from "./check-document.ts";

const id = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;
const shard = (n: number) => ({ commitment: id(n), rawLength: 127 });
const encode = (value: unknown) => encodeDocument(value as CommitmentDocument).bytes;
const document: CommitmentDocument = {
  version: 1,
  package: "ab".repeat(16),
  owner: `0x${"02".repeat(20)}`,
  root: "bafkqaaa",
  k: 1,
  n: 2,
  erasure: "rs-cauchy-gf256-v1",
  mask: "none",
  pieces: [
    { length: 100, commP: id(9), shards: [shard(1), shard(2)] },
    { length: 100, commP: id(9), shards: [shard(3), shard(4)] },
  ],
  manifest: { sha256: id(7), size: 500 },
};
const quote = {
  owner: document.owner,
  piece: 1,
  shard: 0,
  commitment: id(3),
  rawLength: 127n,
} as Quote;
const bytes = encode(document);

describe("checkDocument", () => {
  it("finds the quote's slot, and the manifest", () => {
    expect(checkDocument(bytes, quote)).toEqual({ manifest: { sha256: id(7), size: 500 } });
  });

  it.each([
    ["another owner", { owner: `0x${"03".repeat(20)}` as Hex }],
    ["no such shard", { piece: 2 }],
    ["no such shard", { shard: 2 }],
    ["another commitment", { commitment: id(4) }],
    ["another length", { rawLength: 254n }],
  ])("refuses %s", (why, change) => {
    expect(() => checkDocument(bytes, { ...quote, ...change })).toThrowError(why);
  });

  it.each([
    ["without its root", { root: undefined }],
    [
      "whose shards are not as long as their piece needs",
      { pieces: document.pieces.map((piece) => ({ ...piece, length: 300 })) },
    ],
    ["whose manifest is longer than any that is kept", { manifest: { sha256: id(7), size: 2 ** 30 } }],
  ])("refuses a document %s", (_, change) => {
    const { root, ...rest } = { ...document, ...change };
    const bent = encode(root === undefined ? rest : { root, ...rest });
    expect(() => checkDocument(bent, quote)).toThrowError("does not fit the deal");
  });

  it("answers any bytes and any value with wrong-commitment", () => {
    const refuses = (given: Uint8Array) => {
      try {
        checkDocument(given, quote);
      } catch (error) {
        expect((error as { code?: string }).code).toBe("wrong-commitment");
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.jsonValue(), fc.nat(bytes.length - 1), (noise, value, at) => {
        refuses(noise);
        refuses(encode(value));
        refuses(encode({ ...document, pieces: value }));
        const bent = Uint8Array.from(bytes);
        bent[at] = (bent[at] ?? 0) ^ 0x55;
        refuses(bent);
      }),
    );
  });
});
