import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRandomIo } from "@cairn/proofs/heartbeat";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashChunk, makeChunk, seededBytes } from "./make-chunk.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cairn-farmer-"));
  path = join(directory, "chunk");
});
afterEach(() => rm(directory, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const SEED = "ea21801654245c9f6c81bdf4801bbf62";

describe("makeChunk", () => {
  it("writes what the seed stands for, in steps, and knows its hash", async () => {
    for (const size of [1, 16, 1024 * 1024, 2_500_001]) {
      const expected = readRandomIo(SEED, 0, size);
      expect(await makeChunk(path, seededBytes(SEED, size), size, sha256(expected))).toBe(sha256(expected));
      expect((await readFile(path)).equals(expected)).toBe(true);
      expect(await hashChunk(path, size, new AbortController().signal)).toBe(sha256(expected));
    }
  });

  it("keeps nothing of other bytes, fewer or more", async () => {
    await writeFile(path, "old");
    const bytes = (text: string) => [Buffer.from(text)];
    expect(await makeChunk(path, bytes("abc"), 3, "00".repeat(32))).toBeUndefined();
    expect(await makeChunk(path, bytes("ab"), 3, undefined)).toBeUndefined();
    expect(await makeChunk(path, bytes("abcd"), 3, undefined)).toBeUndefined();
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual(["chunk"]);
  });
});

describe("hashChunk", () => {
  it("knows no hash of a file that is missing or of another size", async () => {
    const { signal } = new AbortController();
    expect(await hashChunk(path, 3, signal)).toBeUndefined();
    await writeFile(path, "ab");
    expect(await hashChunk(path, 3, signal)).toBeUndefined();
  });
});
