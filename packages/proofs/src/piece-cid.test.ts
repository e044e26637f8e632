import { CairnError } from "@cairn/protocol/errors";
import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as Digest from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { parsePieceCid, pieceCidV1, pieceCidV2 } from "./piece-cid.ts";
import { heightOf, MAX_RAW_LENGTH } from "./sizes.ts";

const anyRoot = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => {
  bytes[31]! &= 0x3f;
  return bytes;
});
const anyLength = fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: MAX_RAW_LENGTH }));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof CairnError) return thrown.code;
    throw thrown;
  }
  return "none";
}

describe("PieceCIDs", () => {
  it("of both versions read back what was written, as text or CID", () => {
    fc.assert(
      fc.property(anyRoot, anyLength, (root, rawLength) => {
        const v1 = pieceCidV1(root);
        expect(v1.toString()).toMatch(/^baga6ea4seaq/);
        expect(parsePieceCid(v1.toString())).toEqual({ version: 1, root });
        const v2 = pieceCidV2(root, rawLength);
        expect(v2.toString()).toMatch(/^bafkzci/);
        expect(parsePieceCid(v2)).toEqual({ version: 2, root, rawLength, height: heightOf(rawLength) });
        expect(parsePieceCid(v2.toString())).toEqual(parsePieceCid(v2));
      }),
    );
  });

  it("accept a tree that is higher than its payload needs", () => {
    const digest = Uint8Array.from([0x80 | 0x7e, 0x01, 3, ...new Uint8Array(32)]);
    expect(parsePieceCid(CID.createV1(0x55, Digest.create(0x1011, digest)))).toMatchObject({ rawLength: 0, height: 3 });
  });

  it("of a wrong form are refused by name", () => {
    const root = new Uint8Array(32);
    const v2 = (digest: number[]) => CID.createV1(0x55, Digest.create(0x1011, Uint8Array.from(digest)));
    const cases: (string | CID)[] = [
      "",
      "baga",
      "b".repeat(10_000),
      "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKXgqQ",
      CID.createV1(0x55, Digest.create(0x12, root)),
      CID.createV1(0xf101, Digest.create(0x1012, new Uint8Array(31))),
      CID.createV1(0xf101, Digest.create(0x1012, new Uint8Array(32).fill(0xff))),
      v2([]),
      v2([2, ...root]),
      v2([0, 1, ...root]),
      v2([0, 33, ...root]),
      v2([0x80, 0x01, 2, ...root]),
      v2([0x80, 0x00, 2, ...root]),
      v2([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 2, ...root]),
      v2([0, 2, ...root.subarray(1), 0xff]),
    ];
    for (const source of cases) expect(codeOf(() => parsePieceCid(source))).toBe("bad-piece-cid");
    expect(codeOf(() => pieceCidV1(new Uint8Array(33)))).toBe("bad-piece-cid");
    expect(codeOf(() => pieceCidV2(root, -1))).toBe("bad-length");
    expect(codeOf(() => pieceCidV2(root, MAX_RAW_LENGTH + 1))).toBe("bad-length");
  });

  it("never throw anything else for any text or digest", () => {
    const anyDigest = fc
      .tuple(fc.constantFrom(0x55, 0xf101), fc.constantFrom(0x1011, 0x1012), fc.uint8Array({ maxLength: 60 }))
      .map(([codec, code, digest]) => CID.createV1(codec, Digest.create(code, digest)));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `bafkzci${text}`),
          anyDigest,
        ),
        (source) => {
          expect(["none", "bad-piece-cid"]).toContain(codeOf(() => parsePieceCid(source)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
