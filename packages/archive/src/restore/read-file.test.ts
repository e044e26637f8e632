import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockStore, listing, makeTree, packed, scratch } from "../../test/helpers.ts";
import {
  type AccountKey,
  type ByteRange,
  type GetBlocks,
  generateAccountKey,
  type Manifest,
  readFile,
  restorePath,
  UNIXFS_V1_2025,
} from "../index.ts";

const SMALL = { ...UNIXFS_V1_2025, chunk: 512, links: 3 };

describe("reading parts of a package", () => {
  const dir = scratch();
  let key: AccountKey;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
  });
  afterAll(dir.remove);

  async function read(manifest: Manifest, path: string, getBlocks: GetBlocks, range?: ByteRange): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of readFile({ manifest, key, path, getBlocks, ...(range ? { range } : {}) }))
      parts.push(Buffer.from(part));
    return Buffer.concat(parts);
  }

  for (const layout of ["private", "plain", "unencrypted"] as const) {
    it(`gives any byte range, and asks for its blocks alone: ${layout}`, async () => {
      const base = dir.join(`range-${layout}`);
      const content = randomBytes(20_000);
      makeTree(base, { other: randomBytes(5000), sub: { file: content, zero: Buffer.alloc(0) } });
      const { result, pieces } = await packed({ path: base, key, layout, profile: SMALL, threads: 0 });
      const { getBlocks, asked } = await blockStore(pieces);
      expect((await read(result.opened, "sub/file", getBlocks)).equals(content)).toBe(true);
      expect((await read(result.opened, "/sub/zero/", getBlocks)).length).toBe(0);
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: 20_000 }), fc.nat({ max: 20_000 }), async (a, b) => {
          const range = { start: Math.min(a, b), end: Math.max(a, b) };
          asked.length = 0;
          expect(
            (await read(result.opened, "sub/file", getBlocks, range)).equals(content.subarray(range.start, range.end)),
          ).toBe(true);
          // Inner nodes of 40 leaves at fan-out 3 are 22; two leaves at the edges, and the first ones for the session key.
          expect(asked.length).toBeLessThanOrEqual(22 + Math.ceil((range.end - range.start) / 512) + 2 + 8);
        }),
        { numRuns: 60 },
      );
      for (const range of [
        { start: -1, end: 2 },
        { start: 3, end: 2 },
        { start: 0, end: 20_001 },
        { start: 0.5, end: 2 },
      ]) {
        await expect(read(result.opened, "sub/file", getBlocks, range)).rejects.toMatchObject({ code: "bad-range" });
      }
      await expect(read(result.opened, "sub", getBlocks)).rejects.toMatchObject({ code: "not-a-file" });
      for (const path of ["nothing", "sub/file/below", "../sub/file", "sub/other"]) {
        await expect(read(result.opened, path, getBlocks)).rejects.toMatchObject({
          code: "path-not-found",
          kind: "missing",
        });
      }
    });

    it(`restores one file, one subtree, one link or all: ${layout}`, async () => {
      const base = dir.join(`part-${layout}`);
      const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, randomBytes(100)]));
      makeTree(`${base}/in`, {
        sub: { deep: { file: randomBytes(9000), empty: {} }, link: { link: "deep" }, ...many },
        beside: Buffer.from("no"),
      });
      const { result, pieces } = await packed({ path: `${base}/in`, key, layout, profile: SMALL, threads: 0 });
      const { getBlocks, asked } = await blockStore(pieces);
      const options = { manifest: result.opened, key, getBlocks };
      const whole = await restorePath({ ...options, path: "", destination: `${base}/all` });
      expect(whole).toMatchObject({ files: 302, bytes: 39_002 });
      expect(listing(`${base}/all`)).toEqual(listing(`${base}/in`));
      await restorePath({ ...options, path: "sub", destination: `${base}/sub` });
      expect(listing(`${base}/sub`)).toEqual(listing(`${base}/in/sub`));
      asked.length = 0;
      await restorePath({ ...options, path: "sub/deep/file", destination: `${base}/one` });
      expect(readFileSync(`${base}/one`).equals(readFileSync(`${base}/in/sub/deep/file`))).toBe(true);
      expect(new Set(asked).size).toBeLessThan(40);
      const told: number[] = [];
      const onProgress = ({ bytes }: { bytes: number }) => told.push(bytes);
      await restorePath({ ...options, path: "sub/deep/file", destination: `${base}/two`, onProgress });
      expect(told.at(-1)).toBe(9000);
      expect(Math.max(...told.map((bytes, i) => bytes - (told[i - 1] ?? 0)))).toBeLessThanOrEqual(1024);
      mkdirSync(`${base}/into`);
      expect((await restorePath({ ...options, path: "sub/link", destination: `${base}/into` })).path).toBe(
        `${base}/into/link`,
      );
      expect(listing(`${base}/into/link`)).toEqual(listing(`${base}/in/sub/link`));
      await expect(restorePath({ ...options, path: "nope", destination: `${base}/no` })).rejects.toMatchObject({
        code: "path-not-found",
      });
      await expect(restorePath({ ...options, path: "sub", destination: `${base}/one` })).rejects.toMatchObject({
        code: "destination-not-empty",
      });
    });
  }

  it("refuses blocks that are changed, missing, too many or swapped", async () => {
    const base = dir.join("hostile");
    makeTree(`${base}/in`, { file: randomBytes(9000), small: randomBytes(9) });
    const { result, pieces } = await packed({ path: `${base}/in`, key, profile: SMALL, threads: 0 });
    const { getBlocks } = await blockStore(pieces);
    let calls = 0;
    const hostile: Record<string, GetBlocks> = {
      async *changed(cids) {
        for await (const bytes of getBlocks(cids)) {
          const copy = Uint8Array.from(bytes);
          if (++calls % 9 === 0) copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
          yield copy;
        }
      },
      async *missing(cids) {
        yield* getBlocks(cids.slice(1));
      },
      async *many(cids) {
        yield* getBlocks(cids);
        yield* getBlocks(cids);
      },
      async *swapped(cids) {
        yield* getBlocks(cids.toReversed());
      },
      async *nothing() {},
    };
    for (const [name, source] of Object.entries(hostile)) {
      const options = { manifest: result.opened, key, getBlocks: source };
      await expect(read(result.opened, "file", source), name).rejects.toMatchObject({ code: "corrupt-block" });
      await expect(restorePath({ ...options, path: "", destination: `${base}/out` }), name).rejects.toMatchObject({
        code: "corrupt-block",
      });
      expect(existsSync(`${base}/out`)).toBe(false);
    }
  });
});
