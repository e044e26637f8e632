import { randomBytes } from "node:crypto";
import { MemoryBlockstore } from "blockstore-core/memory";
import fc from "fast-check";
import { importer } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import { describe, expect, it } from "vitest";
import { directoryDag, type NamedLink, symlinkNode } from "./directory-dag.ts";
import { blockCount, FileDag, leafCount, rootCodec } from "./file-dag.ts";
import { cidOf, type Link, sha256 } from "./links.ts";
import { type DagProfile, UNIXFS_V1_2025 } from "./profile.ts";

function fileOf(bytes: Uint8Array, profile: DagProfile): { root: Link; blocks: number } {
  const dag = new FileDag(profile);
  let blocks = leafCount(bytes.length, profile);
  for (let at = 0; at < Math.max(1, bytes.length); at += profile.chunk) {
    const leaf = bytes.subarray(at, at + profile.chunk);
    dag.add(sha256(leaf), leaf.length);
  }
  const root = dag.finish(() => blocks++);
  return { root, blocks };
}

interface Given {
  path: string;
  content?: Uint8Array;
  link?: string;
}

async function oracle(files: Given[], profile: DagProfile, wrap: boolean): Promise<string> {
  let root = "";
  const candidates = files.map((file) =>
    file.link === undefined
      ? { path: file.path, ...(file.content ? { content: file.content } : {}) }
      : { path: file.path, link: file.link },
  );
  const entries = importer(candidates as Parameters<typeof importer>[0], new MemoryBlockstore(), {
    profile: "unixfs-v1-2025",
    chunker: fixedSize({ chunkSize: profile.chunk }),
    layout: balanced({ maxChildrenPerNode: profile.links }),
    shardSplitThresholdBytes: profile.shardAbove,
    wrapWithDirectory: wrap,
  });
  for await (const entry of entries) root = entry.cid.toString();
  return root;
}

describe("file DAG", () => {
  for (const size of [0, 1, 1_048_575, 1_048_576, 1_048_577, 2_097_152, 5_000_000]) {
    it(`of ${size} bytes has the root that ipfs-unixfs-importer gives`, async () => {
      const bytes = randomBytes(size);
      const { root, blocks } = fileOf(bytes, UNIXFS_V1_2025);
      expect(cidOf(root).toString()).toBe(await oracle([{ path: "f", content: bytes }], UNIXFS_V1_2025, false));
      expect(blocks).toBe(blockCount(size, UNIXFS_V1_2025));
      expect(root.codec).toBe(rootCodec(size, UNIXFS_V1_2025));
    });
  }

  for (const leaves of [1023, 1024, 1025, 1024 * 2 + 1]) {
    it(`of ${leaves} leaves has the root that ipfs-unixfs-importer gives`, async () => {
      const profile = { ...UNIXFS_V1_2025, chunk: 16 };
      const bytes = randomBytes(leaves * 16 - 3);
      const { root, blocks } = fileOf(bytes, profile);
      expect(cidOf(root).toString()).toBe(await oracle([{ path: "f", content: bytes }], profile, false));
      expect(blocks).toBe(blockCount(bytes.length, profile));
    });
  }

  it("of any shape has the root that ipfs-unixfs-importer gives", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 0, maxLength: 600 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 9 }),
        async (bytes, chunk, links) => {
          const profile = { ...UNIXFS_V1_2025, chunk, links };
          const { root, blocks } = fileOf(bytes, profile);
          expect(cidOf(root).toString()).toBe(await oracle([{ path: "f", content: bytes }], profile, false));
          expect(blocks).toBe(blockCount(bytes.length, profile));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("directory DAG", () => {
  async function compare(names: string[], profile: DagProfile): Promise<void> {
    const files = names.map((name) => ({ path: name, content: Buffer.from(`content of ${name}`) }));
    const entries: NamedLink[] = files.map((file) => ({ name: file.path, link: fileOf(file.content, profile).root }));
    const root = directoryDag(entries, profile, () => undefined);
    expect(cidOf(root).toString()).toBe(await oracle(files, profile, true));
  }

  it("of no entries is the well-known empty directory", () => {
    const root = directoryDag([], UNIXFS_V1_2025, () => undefined);
    expect(cidOf(root).toString()).toBe("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
  });

  it("equals ipfs-unixfs-importer's, flat and sharded", async () => {
    await compare(["a", "b", "é", "e\u0301", "z".repeat(255)], UNIXFS_V1_2025);
    const many = Array.from({ length: 6000 }, (_, index) => `file-${index}-✓`);
    await compare(many, UNIXFS_V1_2025);
    await compare(many.slice(0, 2000), { ...UNIXFS_V1_2025, shardAbove: 100 });
  });

  it("is sharded exactly above the limit", async () => {
    for (const shardAbove of [470, 471, 472, 473, 474, 475, 476, 477, 478, 479, 480]) {
      await compare(
        Array.from({ length: 9 }, (_, index) => `name${index}`),
        { ...UNIXFS_V1_2025, shardAbove },
      );
    }
  });

  it("of nested directories and links equals ipfs-unixfs-importer's", async () => {
    const target = "../over/there";
    const inner = directoryDag(
      [{ name: "x", link: fileOf(Buffer.from("x"), UNIXFS_V1_2025).root }],
      UNIXFS_V1_2025,
      () => undefined,
    );
    const empty = directoryDag([], UNIXFS_V1_2025, () => undefined);
    const root = directoryDag(
      [
        { name: "inner", link: inner },
        { name: "empty", link: empty },
        { name: "link", link: symlinkNode(Buffer.from(target), () => undefined) },
      ],
      UNIXFS_V1_2025,
      () => undefined,
    );
    const given = [{ path: "inner/x", content: Buffer.from("x") }, { path: "empty" }, { path: "link", link: target }];
    expect(cidOf(root).toString()).toBe(await oracle(given, UNIXFS_V1_2025, true));
  });

  it("equals ipfs-unixfs-importer's for any names", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((text) => !/[/\\\0]|^\.{1,2}$/.test(text) && text.isWellFormed());
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 60 }),
        fc.integer({ min: 50, max: 4000 }),
        async (names, shardAbove) => {
          if (names.length > 0) await compare(names, { ...UNIXFS_V1_2025, shardAbove });
        },
      ),
      { numRuns: 60 },
    );
  });
});
