import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CarReader } from "@ipld/car";
import { MemoryBlockstore } from "blockstore-core/memory";
import { importer } from "ipfs-unixfs-importer";
import { CID } from "multiformats/cid";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockStore, identity, MemorySink, makeTree, packed, scratch, type Tree } from "../../test/helpers.ts";
import {
  type AccountKey,
  blockIndexOf,
  carHeader,
  decryptManifest,
  exportAccountKey,
  fileCid,
  generateAccountKey,
  packFolder,
  pathsOf,
  readFile,
  UNIXFS_V1_2025,
} from "../index.ts";
import { FilePacker } from "./pack-files.ts";
import { SEGMENT_BYTES } from "./segment-writer.ts";

describe("packFolder", () => {
  const dir = scratch();
  let key: AccountKey;

  beforeAll(async () => {
    key = await generateAccountKey({ name: "Tester" });
  });
  afterAll(dir.remove);

  async function importerRoot(files: { path: string; content?: Uint8Array; link?: string }[]): Promise<string> {
    let root = "";
    const source = files as Parameters<typeof importer>[0];
    for await (const entry of importer(source, new MemoryBlockstore(), {
      profile: "unixfs-v1-2025",
      wrapWithDirectory: true,
    })) {
      root = entry.cid.toString();
    }
    return root;
  }

  it("without encryption gives the root that ipfs-unixfs-importer gives", async () => {
    const content = { a: randomBytes(0), b: randomBytes(1_048_576), c: randomBytes(1_048_577), d: randomBytes(10) };
    makeTree(dir.join("plain"), {
      a: content.a,
      sub: { b: content.b, c: content.c, empty: {} },
      d: content.d,
      l: { link: "sub/b" },
    });
    const { result, pieces } = await packed({ path: dir.join("plain"), key, layout: "unencrypted" });
    const files = [
      { path: "a", content: content.a },
      { path: "sub/b", content: content.b },
      { path: "sub/c", content: content.c },
      { path: "sub/empty" },
      { path: "d", content: content.d },
      { path: "l", link: "sub/b" },
    ];
    expect(result.root.toString()).toBe(await importerRoot(files));
    expect(Buffer.concat(pieces).includes(content.d)).toBe(true);
  });

  it("keeps files in the order of the manifest, and the root last", async () => {
    const profile = { ...UNIXFS_V1_2025, chunk: 1000, links: 4, shardAbove: 300 };
    const names = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, randomBytes(index * 700)]));
    makeTree(dir.join("order"), { ...names, sub: { x: randomBytes(9000) } });
    for (const threads of [0, 2]) {
      const { result, pieces } = await packed({ path: dir.join("order"), key, profile, threads, pieceLimit: 9000 });
      const blocks = (await Promise.all(pieces.map((piece) => blockIndexOf([piece])))).flatMap((index) => index.blocks);
      const places = new Map(blocks.map((block, at) => [block.cid.toString(), at]));
      let last = -1;
      for (const entry of result.opened.entries) {
        if (entry.kind !== "file") continue;
        const place = places.get(fileCid(result.opened, entry).toString()) ?? -1;
        expect(place).toBeGreaterThan(last);
        last = place;
      }
      expect(places.get(result.root.toString())).toBe(blocks.length - 1);
    }
  });

  it("cuts pieces that any CAR reader takes, each with the root, none over the limit", async () => {
    makeTree(dir.join("pieces"), { a: randomBytes(5_000_000), b: { c: randomBytes(70_000) } });
    const { result, pieces } = await packed({ path: dir.join("pieces"), key, pieceLimit: 1_100_000 });
    expect(pieces.length).toBeGreaterThan(4);
    const seen = new Set<string>();
    for (const [index, piece] of pieces.entries()) {
      expect(piece.length).toBe(result.pieces[index]?.length);
      expect(piece.length).toBeLessThanOrEqual(1_100_000);
      const reader = await CarReader.fromBytes(piece);
      expect((await reader.getRoots()).map(String)).toEqual([result.root.toString()]);
      for await (const { cid, bytes } of reader.blocks()) {
        seen.add(cid.toString());
        const [[, place] = []] = [...(await blockIndexOf([piece])).blocks.entries()].filter(([, block]) =>
          block.cid.equals(cid),
        );
        expect(piece.subarray(place?.offset, (place?.offset ?? 0) + bytes.length).equals(bytes)).toBe(true);
      }
    }
    expect(seen.has(result.root.toString())).toBe(true);
    await expect(packed({ path: dir.join("pieces"), key, pieceLimit: 1_000_000 })).rejects.toMatchObject({
      code: "piece-limit",
    });
  });

  it("lets no name and no content through in the private layout", async () => {
    const canary = "CANARY-7f3a-\u00fc";
    makeTree(dir.join(`private-${canary}`), {
      [`${canary}.txt`]: Buffer.from(canary.repeat(1000)),
      [canary]: { [canary]: Buffer.from(canary), link: { link: canary } },
    });
    const sink = new MemorySink();
    const result = await packFolder({ ...identity(key), name: canary, sink, path: dir.join(`private-${canary}`) });
    const all = Buffer.concat([...sink.pieces(result.root), result.manifest]);
    for (const trace of ["CANARY", "7f3a", canary]) {
      for (const encoding of ["utf8", "utf16le"] as const)
        expect(all.includes(Buffer.from(trace, encoding))).toBe(false);
    }
    expect(JSON.stringify(result.opened)).toContain(canary);
    const plain = await packed({ path: dir.join(`private-${canary}`), key, layout: "plain" });
    const bytes = Buffer.concat(plain.pieces);
    expect(bytes.includes(`${canary}.txt.gpg`)).toBe(true);
    expect(bytes.includes(canary.repeat(2))).toBe(false);
  });

  it("makes files that gpg opens by themselves", async () => {
    const home = mkdtempSync(join(tmpdir(), "cairn-gpg-"));
    const gpg = (args: string[], input?: Uint8Array): Buffer =>
      execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--trust-model", "always", ...args], {
        ...(input ? { input } : {}),
        stdio: ["pipe", "pipe", "pipe"],
        maxBuffer: 2 ** 26,
      });
    try {
      writeFileSync(join(home, "key"), await exportAccountKey(key));
      gpg(["--import", join(home, "key")]);
      const content = randomBytes(2_500_000);
      makeTree(dir.join("gpg"), { one: content, two: Buffer.from("two") });
      const { result, pieces } = await packed({ path: dir.join("gpg"), key, layout: "unencrypted" });
      expect(pieces.length).toBe(1);
      expect(gpg(["--decrypt"], result.manifest).includes("repairKey")).toBe(true);
      for (const layout of ["private", "plain"] as const) {
        const sealed = await packed({ path: dir.join("gpg"), key, layout });
        const { getBlocks } = await blockStore(sealed.pieces);
        // What is stored of a file is what reading it without decryption gives.
        const manifest = { ...sealed.result.opened, layout: "unencrypted" as const };
        for (const [index, entry] of manifest.entries.entries()) {
          if (entry.kind !== "file") continue;
          const asStored = {
            ...manifest,
            entries: manifest.entries.map((each, at) => (at === index ? { ...entry, size: entry.stored } : each)),
          };
          const parts: Uint8Array[] = [];
          for await (const part of readFile({ manifest: asStored, key, path: entry.name, getBlocks })) parts.push(part);
          const opened = gpg(["--decrypt"], Buffer.concat(parts));
          expect(opened.equals(readFileSync(dir.join("gpg", entry.name)))).toBe(true);
        }
      }
    } finally {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    }
  });

  it("reports progress, cuts every piece once, and counts right", async () => {
    const tree: Tree = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`f${index}`, randomBytes(index)]));
    makeTree(dir.join("progress"), { ...tree, big: randomBytes(9_000_000) });
    const sink = new MemorySink();
    const steps: { files: number; bytes: number }[] = [];
    const result = await packFolder({
      ...identity(key),
      sink,
      path: dir.join("progress"),
      pieceLimit: 2_000_000,
      onProgress: (step) => steps.push(step),
    });
    const bytes = 9_000_000 + (599 * 600) / 2;
    expect(result).toMatchObject({ files: 601, bytes });
    expect(steps.at(-1)).toEqual({ files: 601, bytes, totalFiles: 601, totalBytes: bytes });
    expect(steps.every((step, index) => index === 0 || step.bytes >= (steps[index - 1]?.bytes ?? 0))).toBe(true);
    expect(sink.cuts).toEqual(result.pieces.map((_, index) => index));
    expect((await decryptManifest(result.manifest, key)).pieces).toEqual(result.pieces.map((piece) => piece.length));
    expect(pathsOf(result.opened.entries).filter((path) => path !== "").length).toBe(601);
  });

  it("refuses names that are not UTF-8 where the DAG shows names", async () => {
    makeTree(dir.join("latin"), { sub: {} });
    writeFileSync(Buffer.concat([Buffer.from(dir.join("latin/sub/")), Buffer.from([0xe9])]), "x");
    for (const layout of ["plain", "unencrypted"] as const) {
      await expect(packed({ path: dir.join("latin"), key, layout })).rejects.toMatchObject({
        code: "name-not-utf8",
        details: { path: "sub/\\xE9" },
      });
    }
  });

  it("names a file that may not be read, and passes on what the sink throws", async () => {
    makeTree(dir.join("secret"), { open: randomBytes(10), closed: randomBytes(10) });
    chmodSync(dir.path, 0o755);
    chmodSync(dir.join("secret/closed"), 0o000);
    const user = process.geteuid?.();
    if (user === 0) process.seteuid?.(65_534);
    try {
      await expect(packed({ path: dir.join("secret"), key, threads: 0 })).rejects.toMatchObject({
        code: "unreadable-path",
        details: { path: dir.join("secret/closed") },
      });
    } finally {
      if (user === 0) process.seteuid?.(0);
    }
    chmodSync(dir.join("secret/closed"), 0o600);
    for (const threads of [0, 2]) {
      const sink = { write: () => Promise.reject(new Error("disk on fire")), cut: () => undefined };
      await expect(packFolder({ ...identity(key), sink, threads, path: dir.join("secret") })).rejects.toThrow(
        "disk on fire",
      );
    }
    await expect(packed({ path: dir.join("absent"), key })).rejects.toMatchObject({ code: "unreadable-path" });
    await expect(
      packFolder({ ...identity(key), packageId: "x", sink: new MemorySink(), path: dir.path }),
    ).rejects.toMatchObject({ code: "bad-package" });
  });

  it("header and CID are those of the CAR specification", () => {
    const root = CID.parse("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    expect(Buffer.from(carHeader(root)).toString("hex")).toBe(
      `3aa265726f6f747381d82a582500${Buffer.from(root.bytes).toString("hex")}6776657273696f6e01`,
    );
  });
});

describe("a file that changes while it is read", () => {
  const dir = scratch();
  afterAll(dir.remove);

  /** Packs one file with a hook that runs each time a new segment is begun. */
  async function packOne(path: string, hook: (segment: number) => void): Promise<number> {
    let segment = 0;
    let stored = 0;
    const packer = await FilePacker.create(
      { recipient: undefined, profile: UNIXFS_V1_2025 },
      {
        take: async () => {
          hook(segment++);
          return new ArrayBuffer(SEGMENT_BYTES);
        },
        send: ({ done }) => {
          stored += done.reduce((sum, file) => sum + file.stored, 0);
        },
      },
    );
    await packer.pack(0, [{ entry: 0, path: Buffer.from(path) }]);
    return stored;
  }

  it("is read again once while none of it has left", async () => {
    const path = dir.join("small");
    writeFileSync(path, randomBytes(1000));
    expect(await packOne(path, (segment) => segment === 0 && appendFileSync(path, "more"))).toBe(1004);
    expect(await packOne(path, (segment) => segment === 0 && truncateSync(path, 5))).toBe(5);
  });

  it("is named when it changes again, or after part of it has left", async () => {
    const path = dir.join("large");
    writeFileSync(path, randomBytes(9_000_000));
    const expected = { code: "file-changed", details: { path } };
    await expect(packOne(path, (segment) => segment === 1 && appendFileSync(path, "more"))).rejects.toMatchObject(
      expected,
    );
    await expect(packOne(path, (segment) => segment === 1 && truncateSync(path, 6_000_000))).rejects.toMatchObject(
      expected,
    );
    renameSync(path, `${path}.gone`);
    await expect(packOne(path, () => undefined)).rejects.toMatchObject(expected);
    execFileSync("mkfifo", [path]);
    await expect(packOne(path, () => undefined)).rejects.toMatchObject(expected);
  });

  it("is stored as it reads when the system says no size, or another", async () => {
    for (const path of ["/proc/self/status", "/proc/filesystems", "/sys/kernel/mm/transparent_hugepage/enabled"]) {
      if (!existsSync(path)) continue;
      const { result, pieces } = await packed({
        path,
        key: await generateAccountKey({ name: "T" }),
        layout: "unencrypted",
        threads: 0,
      });
      const [entry] = result.opened.entries;
      expect(entry?.kind === "file" && entry.size).toBeGreaterThan(10);
      if (path === "/proc/filesystems") expect(pieces[0]?.includes(readFileSync(path))).toBe(true);
    }
  });
});
