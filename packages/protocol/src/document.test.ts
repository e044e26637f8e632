import { readFileSync } from "node:fs";
import * as dagCbor from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommitmentDocument } from "./commitments.ts";
import { decodeDocument, encodeDocument, hashDocument } from "./document.ts";
import { CairnError } from "./errors.ts";

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((b): `0x${string}` => `0x${Buffer.from(b).toString("hex")}`);

/** The number as a piece root: its top two bits are clear. */
const rootOf = (number: `0x${string}`): `0x${string}` => `${number.slice(0, 64) as `0x${string}`}00`;

const documents = fc
  .record({
    package: hex(16).map((id) => id.slice(2)),
    owner: hex(20),
    k: fc.integer({ min: 1, max: 4 }),
    parity: fc.integer({ min: 0, max: 3 }),
    mask: fc.constantFrom("aes-256-ctr-v1" as const, "none" as const),
    lengths: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 3 }),
    commitment: hex(32),
    size: fc.nat(1_000_000),
  })
  .map(
    ({ k, parity, lengths, commitment, size, ...rest }): CommitmentDocument => ({
      version: 1,
      ...rest,
      root: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
      k,
      n: k + parity,
      erasure: "rs-cauchy-gf256-v1",
      pieces: lengths.map((length) => ({
        length,
        commP: rootOf(commitment),
        shards: Array.from({ length: k + parity }, () => ({
          commitment,
          rawLength: Math.ceil(length / (k * 127)) * 127,
        })),
      })),
      manifest: { sha256: commitment, size },
    }),
  );

/** `{a, b: [{c}]}`: the keys of a value, of lists that of their first item. */
function keysOf(value: unknown): string {
  if (Array.isArray(value)) return `[${keysOf(value[0])}]`;
  if (typeof value !== "object" || value === null) return "";
  const members = Object.entries(value).map(([key, inner]) =>
    keysOf(inner) === "" ? key : `${key}: ${keysOf(inner)}`,
  );
  return `{${members.join(", ")}}`;
}

describe("encodeDocument", () => {
  it("writes the keys that docs/protocol.md names, and no others", () => {
    const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
    const [, shape = ""] = /\*\*Commitment document\*\*[^`]*`([^`]*)`/.exec(page) ?? [];
    const sorted = (text: string) => [...text.matchAll(/\w+|[[\]{}]/g)].map(String).toSorted();
    for (const document of fc.sample(documents, 3)) {
      const decoded = dagCbor.decode(encodeDocument(document).bytes);
      expect(sorted(keysOf(decoded))).toEqual(sorted(shape));
    }
  });
});

describe("decodeDocument", () => {
  it("reads back what encodeDocument writes", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { bytes, documentHash } = encodeDocument(document);
        expect(decodeDocument(bytes)).toEqual(document);
        expect(hashDocument(bytes)).toBe(documentHash);
      }),
    );
  });

  it("answers any bytes, and any change of a document, with a document or bad-document", () => {
    const tries = (bytes: Uint8Array) => {
      try {
        const document = decodeDocument(bytes);
        expect(Buffer.from(encodeDocument(document).bytes).equals(bytes)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(CairnError);
        expect((error as CairnError).code).toBe("bad-document");
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), tries));
    fc.assert(fc.property(fc.jsonValue(), (value) => tries(dagCbor.encode(value as never))));
    fc.assert(
      fc.property(documents, fc.nat(), fc.integer({ min: 1, max: 255 }), (document, at, change) => {
        const bytes = Uint8Array.from(encodeDocument(document).bytes);
        bytes[at % bytes.length]! ^= change;
        tries(bytes);
      }),
    );
  });

  it("refuses a piece commitment that is no root", () => {
    const [document] = fc.sample(documents, 1) as [CommitmentDocument];
    const [piece] = document.pieces as [CommitmentDocument["pieces"][0]];
    const none = { ...document, pieces: [{ ...piece, commP: `${piece.commP.slice(0, 64)}40` }] };
    expect(() => decodeDocument(dagCbor.encode(none))).toThrow("do not fit");
  });

  it("refuses shards that do not fit their piece", () => {
    const [document] = fc.sample(documents, 1) as [CommitmentDocument];
    const [piece] = document.pieces as [CommitmentDocument["pieces"][0]];
    const wrong = { ...document, pieces: [{ ...piece, length: piece.length + 127 * document.k }] };
    expect(() => decodeDocument(dagCbor.encode(wrong))).toThrow("do not fit");
    const fewer = { ...document, pieces: [{ ...piece, shards: piece.shards.slice(1) }] };
    expect(() => decodeDocument(dagCbor.encode(fewer))).toThrow("do not fit");
  });
});
