import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountKey, type GetBlocks, generateAccountKey, type Manifest, readFile } from "@cairn/archive";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { piecesOf } from "./pieces-of.ts";
import { type PackedBlocks, packedBlocks } from "./testing/packed-blocks.ts";

const MIB = 1_048_576;
let folder: string;
let key: AccountKey;
let manifest: Manifest;
let pieces = 0;
let blocks: PackedBlocks["blocks"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cairn-pieces-"));
  const path = join(folder, "p");
  await mkdir(join(path, "in"), { recursive: true });
  await writeFile(join(path, "in/long"), randomBytes(9 * MIB));
  await writeFile(join(path, "in/short"), randomBytes(10));
  await writeFile(join(path, "last"), randomBytes(2 * MIB));
  key = await generateAccountKey({ name: "a" });
  ({ manifest, pieces, blocks } = await packedBlocks(path, key, 3_000_000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const getBlocks: GetBlocks = async function* (cids) {
  for (const cid of cids) yield blocks.get(cid.toString())!.bytes;
};
const locate = async (cids: string[]) => [...new Set(cids.map((cid) => blocks.get(cid)!.piece))];
const under = (path: string) => piecesOf({ manifest, path, getBlocks, locate });

describe("piecesOf", () => {
  it("names every piece that has a block of a file, not only its root's", async () => {
    expect(pieces).toBeGreaterThan(4);
    /** What a reader of the whole file asks for. */
    const read = async (path: string) => {
      const from = new Set<number>();
      const noted: GetBlocks = (cids) => {
        for (const cid of cids) from.add(blocks.get(cid.toString())!.piece);
        return getBlocks(cids);
      };
      for await (const _ of readFile({ manifest, key, path, getBlocks: noted }));
      return [...from].toSorted((a, b) => a - b);
    };
    const [long, short] = [await read("in/long"), await read("in/short")];
    expect(long.length).toBeGreaterThan(3);
    expect(await under("in/long")).toEqual(long);
    expect(await under("in/short")).toEqual(short);
    expect(await under("last")).toEqual(await read("last"));
    expect(await under("in")).toEqual([...new Set([...long, ...short])].toSorted((a, b) => a - b));
    expect(await under("nowhere")).toBeUndefined();
  });

  it("says that a tree cannot be read instead of leaving pieces out", async () => {
    const none: GetBlocks = async function* () {};
    await expect(piecesOf({ manifest, path: "in/long", getBlocks: none, locate })).rejects.toMatchObject({
      code: "corrupt-block",
    });
  });
});
