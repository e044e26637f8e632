import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockStore, chunksOf, packed, scratch } from "../../test/helpers.ts";
import {
  type AccountKey,
  decryptManifest,
  generateAccountKey,
  nameOfBytes,
  pathOfText,
  pathsOf,
  restoreFolder,
  restorePath,
  walkFolder,
} from "../index.ts";
import { atPath } from "../walk/at-path.ts";
import { joinPath } from "../walk/join-path.ts";
import { removeTree } from "../walk/remove-tree.ts";

describe("trees at the limits of the system", () => {
  const dir = scratch();
  let key: AccountKey;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
  });
  afterAll(async () => {
    await removeTree(Buffer.from(dir.path));
  });

  /** A folder at the end of a chain of folders called `name`, however long its path becomes. */
  function chain(root: string, name: string, depth: number): Buffer {
    let at = Buffer.from(root);
    mkdirSync(root);
    for (let level = 0; level < depth; level++) {
      at = Buffer.concat([at, Buffer.from(`/${name}`)]);
      atPath(at, (place) => mkdirSync(place));
    }
    return at;
  }

  /** What a walk and every file's content say of a tree, in bytes of names. */
  async function portrait(path: string): Promise<string[]> {
    const { root, entries } = await walkFolder(path);
    const paths = pathsOf(entries);
    return entries.map((entry, index) => {
      const content =
        entry.kind === "file" && atPath(joinPath(root, paths[index] ?? ""), (place) => readFileSync(place));
      const digest = content ? createHash("sha256").update(content).digest("hex") : "";
      // A copy is another inode, written at another time.
      const said = { ...entry, name: index === 0 ? "" : entry.name, version: undefined };
      return JSON.stringify([index === 0 ? "" : paths[index], said, digest]);
    });
  }

  async function roundTrip(source: string, destination: string): Promise<void> {
    const { result, pieces } = await packed({ path: source, key, threads: 0 });
    const manifest = await decryptManifest(result.manifest, key);
    await restoreFolder({ manifest, key, threads: 0, destination, pieces: pieces.map((piece) => chunksOf(piece)) });
    expect(await portrait(destination)).toEqual(await portrait(source));
  }

  it("come back with paths of the longest length, to a place as long and to a longer one", async () => {
    const source = dir.join("src");
    let room = 4095 - Buffer.byteLength(source);
    const levels = Math.floor((room - 256) / 201);
    const deepest = chain(source, "n".repeat(200), levels);
    room -= levels * 201;
    writeFileSync(
      Buffer.concat([deepest, Buffer.from(`/${"f".repeat(Math.min(255, room - 1))}`)]),
      "as long as it gets",
    );
    symlinkSync("t".repeat(4095), dir.join("src/far"));
    await roundTrip(source, dir.join("dst"));
    await roundTrip(source, dir.join("a-much-longer-destination-than-the-source-was"));
  });

  it("come back when they are more than a thousand levels deep, and can be removed", async () => {
    const source = dir.join("deep");
    const deepest = chain(source, "level", 1200);
    atPath(Buffer.concat([deepest, Buffer.from("/file")]), (place) => writeFileSync(place, "down here"));
    await roundTrip(source, dir.join("deep-back"));
    await removeTree(Buffer.from(dir.join("deep-back")));
    expect(existsSync(dir.join("deep-back"))).toBe(false);
  }, 120_000);

  it("come back with names and targets of the longest length that are not UTF-8, also as the root", async () => {
    const source = Buffer.concat([Buffer.from(`${dir.path}/`), Buffer.alloc(255, 0xfe)]);
    mkdirSync(source);
    writeFileSync(Buffer.concat([source, Buffer.from("/"), Buffer.alloc(255, 0xff)]), "bytes");
    writeFileSync(Buffer.concat([source, Buffer.from("/\\xFF")]), "backslash");
    writeFileSync(Buffer.concat([source, Buffer.from("/"), Buffer.from([0xff])]), "byte");
    symlinkSync(Buffer.alloc(4095, 0xfd), Buffer.concat([source, Buffer.from("/link")]));
    await roundTrip(nameOfBytes(source), dir.join("bytes-back"));
    const { result, pieces } = await packed({
      path: nameOfBytes(source),
      key,
      name: nameOfBytes(Buffer.alloc(9, 0xfe)),
    });
    const manifest = await decryptManifest(result.manifest, key);
    expect(manifest.name).toBe(nameOfBytes(Buffer.alloc(9, 0xfe)));
    const { getBlocks } = await blockStore(pieces);
    for (const [shown, content] of [
      ["\\xFF", "byte"],
      ["\\\\xFF", "backslash"],
    ] as const) {
      const path = pathOfText(manifest, shown);
      const destination = dir.join(`alone-${content}`);
      await restorePath({ manifest, key, path, getBlocks, destination });
      expect(readFileSync(destination, "utf8")).toBe(content);
    }
  });

  it("are walked with 150,000 folders in one", async () => {
    const source = dir.join("many");
    mkdirSync(source);
    for (let index = 0; index < 150_000; index++) mkdirSync(`${source}/${index}`);
    expect((await walkFolder(source)).entries.length).toBe(150_001);
  }, 300_000);
});
