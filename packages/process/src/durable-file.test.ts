import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeDurably, writeNew } from "./durable-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-durable-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("a durable file", () => {
  it("is replaced whole, for its owner only, and leaves no draft", async () => {
    const path = join(directory, "file");
    await writeDurably(path, "old");
    await writeDurably(path, new Uint8Array([110, 101, 119]));
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["file"]);
  });

  it("keeps nothing of a write that failed", async () => {
    await expect(writeDurably(directory, "over a directory")).rejects.toThrow();
    await expect(writeDurably(join(directory, "missing", "file"), "")).rejects.toThrow(/ENOENT/);
    expect(await readdir(directory)).toEqual([]);
  });

  it("is made once by those who want it new", async () => {
    const path = join(directory, "once");
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => writeNew(path, `writer ${i}`)));
    const winner = made.indexOf(true);
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe(`writer ${winner}`);
    expect(await readdir(directory)).toEqual(["once"]);
  });
});
