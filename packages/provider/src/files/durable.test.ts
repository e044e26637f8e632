import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asDiskError, makeDirectory, removeDirectory, sweepDrafts, writeDurably } from "./durable.ts";

describe("durable files", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "cairn-durable-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  it("replaces a file whole, for its owner only, and leaves no draft", async () => {
    const path = join(root, "file");
    await writeDurably(path, "one");
    await writeDurably(path, Buffer.from("two"));
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(root)).toEqual(["file"]);
  });

  it("keeps the old file and no draft when a write fails", async () => {
    const path = join(root, "taken");
    await mkdir(path);
    await writeFile(join(path, "inside"), "");
    await expect(writeDurably(path, "x")).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/),
    });
    expect(await readdir(root)).toEqual(["taken"]);
  });

  it("calls a full disk full, and nothing else", async () => {
    const failing = (code: string) => Object.assign(new Error(code), { code });
    for (const code of ["ENOSPC", "EDQUOT", "EFBIG"]) {
      expect(asDiskError(failing(code))).toMatchObject({ code: "full", kind: "exhausted" });
    }
    const other = failing("EIO");
    expect(asDiskError(other)).toBe(other);
  });

  it("sweeps the drafts that a kill left, and nothing else", async () => {
    await writeFile(join(root, "a.json.0123456789ab.draft"), "");
    await writeFile(join(root, "a.json"), "");
    await writeFile(join(root, "my.draft"), "");
    await sweepDrafts(root);
    expect((await readdir(root)).sort()).toEqual(["a.json", "my.draft"]);
  });

  it("removes a directory as if it had never been", async () => {
    const trash = join(root, "trash");
    await makeDirectory(trash);
    await makeDirectory(join(root, "a", "b"));
    await removeDirectory(join(root, "a"), trash);
    await removeDirectory(join(root, "a"), trash);
    expect(await readdir(root)).toEqual(["trash"]);
    expect(await readdir(trash)).toEqual([]);
  });
});
