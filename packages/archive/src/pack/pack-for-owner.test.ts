import { renameSync, rmSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockStore, identity, MemorySink, makeTree, scratch } from "../../test/helpers.ts";
import {
  type AccountKey,
  exportAccountKey,
  exportPublicKey,
  generateAccountKey,
  type Manifest,
  packForOwner,
  pathsOf,
  readFile,
  walkFolder,
} from "../index.ts";
import { openDraft, readRecipientKey } from "../manifest/draft.ts";

const dir = scratch();
let key: AccountKey;
beforeAll(async () => {
  key = await generateAccountKey({ name: "Tester" });
});
afterAll(dir.remove);

async function packedFor(path: string, options: { within?: Uint8Array } = {}) {
  const sink = new MemorySink();
  const walked = await walkFolder(path, options);
  const owner = await readRecipientKey(exportPublicKey(key));
  const { packageId } = identity(key);
  const draft = await packForOwner({
    ...{ owner, walked, sink, packageId, layout: "private", pieceLimit: 2_000_000 },
    ...options,
  });
  return { sink, draft, walked };
}

describe("what is packed for an owner elsewhere", () => {
  it("is read by its key, from a draft that only it opens", async () => {
    const files = { a: Buffer.from("one"), sub: { b: Buffer.alloc(3_000_000, 9), l: { link: "../a" } } };
    makeTree(dir.join("tree"), files);
    const { sink, draft } = await packedFor(dir.join("tree"));
    const manifest: Manifest = await openDraft(draft, key);
    expect(pathsOf(manifest.entries)).toEqual(["", "a", "sub", "sub/b", "sub/l"]);
    expect(manifest.pieces.length).toBeGreaterThan(1);
    const pieces = sink.pieces(manifest.root);
    expect(manifest.pieces).toEqual(pieces.map(({ length }) => length));
    expect(Buffer.concat(pieces).includes("one")).toBe(false);
    const { getBlocks } = await blockStore(pieces);
    for (const [path, bytes] of [
      ["a", files.a],
      ["sub/b", files.sub.b],
    ] as const) {
      const parts: Buffer[] = [];
      for await (const part of readFile({ manifest, key, getBlocks, path })) parts.push(Buffer.from(part));
      expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    }
    const other = await generateAccountKey({ name: "Other" });
    await expect(openDraft(draft, other)).rejects.toMatchObject({ code: "wrong-key" });
  });

  it("takes public keys alone that can be encrypted to", async () => {
    for (const text of ["", "no key", await exportAccountKey(key)])
      await expect(readRecipientKey(text)).rejects.toMatchObject({ code: "key-unusable" });
  });
});

describe("a tree that somebody else changes meanwhile", () => {
  const within = () => Buffer.from(dir.join("inside"));

  it("is not left by way of a folder that became a link after it was listed", async () => {
    makeTree(dir.join("inside"), { sub: { secret: Buffer.from("harmless") } });
    makeTree(dir.join("outside"), { secret: Buffer.from("not yours") });
    const walked = await walkFolder(dir.join("inside"), { within: within() });
    expect(pathsOf(walked.entries)).toEqual(["", "sub", "sub/secret"]);
    renameSync(dir.join("inside/sub"), dir.join("inside/was"));
    symlinkSync(dir.join("outside"), dir.join("inside/sub"));
    const owner = await readRecipientKey(exportPublicKey(key));
    const options = { owner, walked, layout: "private", pieceLimit: 2_000_000 } as const;
    const pack = (within?: Uint8Array) =>
      packForOwner({ ...options, ...identity(key), sink: new MemorySink(), ...(within && { within }) });
    await expect(pack(within())).rejects.toMatchObject({ code: "path-not-allowed" });
    // As anybody else's tree is read: what the guard is for.
    await expect(pack()).resolves.toBeDefined();
    rmSync(dir.join("inside/sub"));
  });

  it("is not listed by way of a link that took a folder's place after it was looked at", async () => {
    makeTree(dir.join("listed"), { real: { file: Buffer.from("x") }, zz: Buffer.from("last") });
    const exclude = (path: string) => {
      if (path !== "zz") return false;
      renameSync(dir.join("listed/real"), dir.join("moved"));
      symlinkSync(dir.join("outside"), dir.join("listed/real"));
      return false;
    };
    const walk = walkFolder(dir.join("listed"), { within: Buffer.from(dir.join("listed")), exclude });
    await expect(walk).rejects.toMatchObject({ code: "unreadable-path" });
  });
});
