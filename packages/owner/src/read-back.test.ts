import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountKey, type GetBlocks, generateAccountKey, type Manifest } from "@cairn/archive";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Draw, readBack } from "./read-back.ts";
import { packedBlocks } from "./testing/packed-blocks.ts";

let folder: string;
let key: AccountKey;
let manifest: Manifest;
/** Blocks of the package by CID, as frames without one would be. */
const blocks = new Map<string, Buffer>();
const sizes = { a: 70_000, b: 1, c: 3_000_000 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairn-back-"));
  const path = join(folder, "p");
  await mkdir(path);
  await writeFile(join(path, "0-empty"), "");
  for (const [name, size] of Object.entries(sizes)) await writeFile(join(path, name), randomBytes(size));
  key = await generateAccountKey({ name: "Cairn account" });
  const packed = await packedBlocks(path, key, 100_000_000);
  manifest = packed.manifest;
  for (const [cid, { bytes }] of packed.blocks) blocks.set(cid, bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const serve = (bend: (block: Buffer, cid: string) => Buffer | undefined = (block) => block): GetBlocks =>
  async function* (cids) {
    for (const cid of cids) {
      const block = bend(blocks.get(cid.toString())!, cid.toString());
      if (block === undefined) return;
      yield block;
    }
  };

describe("readBack", () => {
  it("reads sixteen places, and asks only for blocks of the package", async () => {
    const asked: string[] = [];
    const getBlocks = serve((block, cid) => {
      asked.push(cid);
      return block;
    });
    expect(await readBack({ manifest, key, getBlocks })).toBe(16);
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.every((cid) => blocks.has(cid))).toBe(true);
    expect(new Set(asked).size, "each block is asked for once").toBe(asked.length);
  });

  it("draws over the bytes of all files, the first and the last included", async () => {
    const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
    const limits = new Set<number>();
    for (const place of [0, sizes.a - 1, sizes.a, sizes.a + 1, total - 1]) {
      const draw: Draw = (limit) => {
        limits.add(limit);
        return place;
      };
      expect(await readBack({ manifest, key, getBlocks: serve() }, draw)).toBe(16);
    }
    expect([...limits]).toEqual([total]);
  });

  it.each([
    ["other bytes", (block: Buffer) => Buffer.from(block).fill(0)],
    ["a flipped bit", (block: Buffer) => Buffer.concat([block.subarray(0, -1), Buffer.from([block.at(-1)! ^ 1])])],
    ["shorter blocks", (block: Buffer) => block.subarray(1)],
    ["nothing", () => undefined],
  ] as [string, (block: Buffer) => Buffer | undefined][])("refuses %s, and names file and bytes", async (_, bend) => {
    const error = await readBack({ manifest, key, getBlocks: serve(bend) }, () => 5).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "not-read-back", details: { path: "a", start: 5, end: 4101 } });
  });

  it("refuses another block of the same package", async () => {
    const [any] = blocks.values();
    const largest = [...blocks.values()].reduce((best, block) => (block.length > best.length ? block : best), any!);
    const getBlocks = serve((block) => (block === largest ? any! : largest));
    await expect(readBack({ manifest, key, getBlocks }, () => 5)).rejects.toMatchObject({ code: "not-read-back" });
  });

  it("ends with the reason when it is interrupted, and blames nobody", async () => {
    const stop = new AbortController();
    const getBlocks = serve(() => {
      stop.abort(new Error("enough"));
      return undefined;
    });
    await expect(readBack({ manifest, key, getBlocks, signal: stop.signal })).rejects.toThrow("enough");
  });

  it("has nothing to read of a package without bytes", async () => {
    const entries = manifest.entries.filter((entry) => entry.kind !== "file" || entry.size === 0);
    expect(await readBack({ manifest: { ...manifest, entries }, key, getBlocks: serve() })).toBe(0);
  });
});
