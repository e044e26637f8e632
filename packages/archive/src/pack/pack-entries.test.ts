import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunksOf, identity, MemorySink, packed, scratch } from "../../test/helpers.ts";
import { type AccountKey, generateAccountKey } from "../keys/account-key.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { type RestoredEntry, restoreEntries } from "../restore/restore-entries.ts";
import { restoreFolder } from "../restore/restore-folder.ts";
import type { Packed } from "./finish-package.ts";
import { type EntryToPack, type PackEntriesOptions, packEntries } from "./pack-entries.ts";

const LAYOUTS = ["private", "plain", "unencrypted"] as const;
const created = 1_763_000_000;
const dir = scratch();
afterAll(dir.remove);

describe("entries without a file system", () => {
  let key: AccountKey;
  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
  });

  async function pack(
    entries: PackEntriesOptions["entries"],
    options: Partial<PackEntriesOptions> = {},
  ): Promise<{ result: Packed; pieces: Buffer[] }> {
    const sink = new MemorySink();
    const result = await packEntries({ ...identity(key), sink, entries, ...options });
    return { result, pieces: sink.pieces(result.root) };
  }

  /** Contents by path, and what has none as null. */
  async function back(manifest: Manifest, pieces: Uint8Array[]): Promise<Map<string, Buffer | null>> {
    const found = new Map<string, Buffer | null>();
    for await (const one of restoreEntries({ manifest, key, pieces: pieces.map((piece) => chunksOf(piece)) })) {
      found.set(one.path, "bytes" in one ? await all(one.bytes) : null);
    }
    return found;
  }

  async function all(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(part);
    return Buffer.concat(parts);
  }

  const big = Buffer.alloc(3_000_001, "cairn");

  it("come back as a folder, with their modes and times", async () => {
    for (const layout of LAYOUTS) {
      const { result, pieces } = await pack(
        [
          { path: "a/b/größe 🗻.txt", size: 3, bytes: Buffer.from("abc"), mode: 0o600, mtime: 1_700_000_000_123.5 },
          { path: "a/empty", size: 0, bytes: new Uint8Array(0) },
          { kind: "directory", path: "a", mode: 0o700, mtime: -1 },
          { kind: "directory", path: "nothing in it" },
          { path: "big", size: big.length, bytes: chunksOf(big) },
          { path: "a/b/later", size: 2, bytes: new Blob(["hi"]).stream() as ReadableStream<Uint8Array> },
        ],
        { layout, pieceLimit: 2_000_000 },
      );
      expect(result).toMatchObject({ files: 4, bytes: big.length + 5 });
      expect(pieces.length).toBeGreaterThan(1);
      const destination = dir.join(layout);
      await restoreFolder({
        ...{ manifest: result.opened, key, destination },
        pieces: pieces.map((piece) => chunksOf(piece)),
      });
      expect(readFileSync(`${destination}/big`).equals(big)).toBe(true);
      expect(readFileSync(`${destination}/a/b/größe 🗻.txt`, "utf8")).toBe("abc");
      expect(readFileSync(`${destination}/a/b/later`, "utf8")).toBe("hi");
      expect(readFileSync(`${destination}/a/empty`)).toHaveLength(0);
      const entry = (name: string) => result.opened.entries.find((one) => one.name === name);
      expect(entry("größe 🗻.txt")).toMatchObject({ mode: 0o600, seconds: 1_700_000_000, nanoseconds: 123_500_000 });
      expect(entry("a")).toMatchObject({ mode: 0o700, seconds: -1, nanoseconds: 999_000_000 });
      expect(entry("b")).toMatchObject({ mode: 0o755, seconds: created, nanoseconds: 0 });
      expect(entry("empty")).toMatchObject({ mode: 0o644, seconds: created });
      const found = await back(result.opened, pieces);
      expect([...found.keys()]).toEqual([
        ...["", "a", "a/b", "a/b/größe 🗻.txt", "a/empty", "nothing in it", "big", "a/b/later"],
      ]);
      expect(found.get("big")?.equals(big)).toBe(true);
    }
  });

  it("give the root that a folder of the same names gives", async () => {
    const source = dir.join("same");
    mkdirSync(`${source}/x`, { recursive: true });
    writeFileSync(`${source}/x/one`, big);
    writeFileSync(`${source}/two`, "2");
    const folder = await packed({ path: source, key, layout: "unencrypted" });
    const entries: EntryToPack[] = [
      { path: "two", size: 1, bytes: Buffer.from("2") },
      { path: "x/one", size: big.length, bytes: big },
    ];
    const { result } = await pack(entries, { layout: "unencrypted" });
    expect(result.root.toString()).toBe(folder.result.root.toString());
    const found = await back(folder.result.opened, folder.pieces);
    expect(found.get("x/one")?.equals(big)).toBe(true);
  });

  it("may be one file, or none", async () => {
    const one = await pack([{ path: "", size: 2, bytes: Buffer.from("hi") }], { name: "hi.txt" });
    expect(one.result.opened.entries).toMatchObject([{ kind: "file", name: "hi.txt" }]);
    expect(await back(one.result.opened, one.pieces)).toEqual(new Map([["", Buffer.from("hi")]]));
    const none = await pack([]);
    expect(await back(none.result.opened, none.pieces)).toEqual(new Map([["", null]]));
  });

  it("come back whatever their order, cuts and contents", async () => {
    const names = fc.constantFrom("a", "b", "ä", "…");
    const paths = fc
      .uniqueArray(fc.array(names, { minLength: 1, maxLength: 3 }), {
        selector: (path) => path.join("/"),
        maxLength: 5,
      })
      .map((all) => all.filter((path) => !all.some((other) => other.length > path.length && startsWith(other, path))))
      .map((all) => all.map((path) => path.join("/")));
    const startsWith = (path: string[], start: string[]) => start.every((name, at) => path[at] === name);
    await fc.assert(
      fc.asyncProperty(
        ...[paths, fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 5, maxLength: 5 })],
        fc.integer({ min: 1, max: 9000 }),
        fc.constantFrom(...LAYOUTS),
        async (files, sizes, cut, layout) => {
          const profile = { chunk: 4096, links: 3, shardAbove: 300 };
          const contents = new Map(files.map((path, at) => [path, Buffer.alloc(sizes[at] ?? 0, `${path}${at}`)]));
          const entries = [...contents].map(([path, bytes]) => ({
            path,
            size: bytes.length,
            bytes: chunksOf(bytes, cut),
          }));
          const { result, pieces } = await pack(entries, { layout, profile, pieceLimit: 30_000 });
          const found = await back(result.opened, pieces);
          for (const [path, bytes] of contents) expect(found.get(path)?.equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("are refused where they are no tree, or not of their size", async () => {
    const file = (path: string, size = 1): EntryToPack => ({ path, size, bytes: Buffer.from("x") });
    const wrong: [EntryToPack[], string][] = [
      [[file("a"), file("a")], "bad-package"],
      [
        [
          { kind: "directory", path: "a" },
          { kind: "directory", path: "a" },
        ],
        "bad-package",
      ],
      [[file("a"), file("a/b")], "bad-package"],
      [[file("a/b"), file("a")], "bad-package"],
      [[file("/a")], "bad-package"],
      [[file("a//b")], "bad-package"],
      [[file("../a")], "bad-package"],
      [[file("a\0")], "bad-package"],
      [[file("a", -1)], "bad-package"],
      [[file("a", 2)], "file-changed"],
      [[file("a", 0)], "file-changed"],
    ];
    for (const [entries, code] of wrong) await expect(pack(entries)).rejects.toMatchObject({ code });
    await expect(pack([file("\udcff")], { layout: "plain" })).rejects.toMatchObject({ code: "name-not-utf8" });
    const stopped = new AbortController();
    stopped.abort(new Error("enough"));
    await expect(pack([file("a")], { signal: stopped.signal })).rejects.toThrow("enough");
  });

  it("lets go of a stream that is not read to its end", async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(10);
      } finally {
        closed = true;
      }
    }
    await expect(pack([{ path: "a", size: 5, bytes: endless() }])).rejects.toMatchObject({ code: "file-changed" });
    expect(closed).toBe(true);
  });

  it("are checked, also where nobody reads them", async () => {
    const { result, pieces } = await pack([
      { path: "a", size: big.length, bytes: big },
      { path: "b", size: 1, bytes: Buffer.from("b") },
    ]);
    const read = async (change: (piece: Buffer) => Buffer, take?: (one: RestoredEntry) => Promise<void>) => {
      const streams = pieces.map((piece) => chunksOf(change(Buffer.from(piece))));
      const paths: string[] = [];
      for await (const one of restoreEntries({ manifest: result.opened, key, pieces: streams })) {
        paths.push(one.path);
        await take?.(one);
      }
      return paths;
    };
    const flip = (piece: Buffer): Buffer => {
      piece[1_500_000] = (piece[1_500_000] ?? 0) ^ 1;
      return piece;
    };
    expect(await read((piece) => piece)).toEqual(["", "a", "b"]);
    const first = async (one: RestoredEntry): Promise<void> => {
      if ("bytes" in one) for await (const part of one.bytes) if (part.length > 0) break;
    };
    expect(await read((piece) => piece, first)).toEqual(["", "a", "b"]);
    await expect(read(flip)).rejects.toMatchObject({ code: "corrupt-block" });
    await expect(read((piece) => piece.subarray(0, -40))).rejects.toMatchObject({ kind: "corrupt" });
    const car: Manifest = { ...result.opened, layout: "car", entries: [] };
    await expect(restoreEntries({ manifest: car, key, pieces: [] }).next()).rejects.toMatchObject({
      code: "bad-package",
    });
  });
});
