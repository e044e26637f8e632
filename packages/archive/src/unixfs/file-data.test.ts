import fc from "fast-check";
import { UnixFS } from "ipfs-unixfs";
import { describe, expect, it } from "vitest";
import { fileData } from "./file-data.ts";

const GIB = 2 ** 30;

describe("fileData", () => {
  it("is what ipfs-unixfs writes for sums below 2 GiB", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 20 }), { minLength: 1, maxLength: 1024 }), (sizes) => {
        const theirs = new UnixFS({ type: "file", blockSizes: sizes.map(BigInt) }).marshal();
        expect(Buffer.from(fileData(sizes)).equals(theirs)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("is read back as written, whatever the size", () => {
    for (const sizes of [
      [GIB, GIB - 1],
      [GIB, GIB],
      [GIB, GIB, GIB, 500],
      [GIB, GIB, GIB, GIB - 1],
      [GIB, GIB, GIB, GIB],
      [2 ** 45, 7],
    ]) {
      const read = UnixFS.unmarshal(fileData(sizes));
      expect(read.type).toBe("file");
      expect(read.blockSizes.map(Number)).toEqual(sizes);
      expect(Number(read.fileSize())).toBe(sizes.reduce((a, b) => a + b, 0));
      expect(fileData(sizes)).toEqual(fileData(sizes));
    }
  });

  it("has the bytes of the format", () => {
    expect(Buffer.from(fileData([GIB, GIB, GIB, 500])).toString("hex")).toBe(
      "080218f48380800c20808080800420808080800420808080800420f403",
    );
  });
});
