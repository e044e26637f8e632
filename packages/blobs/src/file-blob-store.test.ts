import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { blobStoreSuite } from "@cairn/core/ports/blob-store.suite";
import { describe, expect, it } from "vitest";
import { type FileBlobStore, openFileBlobStore } from "./file-blob-store.ts";

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "cairn-blobs-"));
  try {
    await test(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

blobStoreSuite("openFileBlobStore", (test) =>
  withDirectory(async (directory) => {
    const store = await openFileBlobStore(directory);
    await test(store);
    // Whatever a test did, no draft stays.
    expect(readdirSync(join(directory, "temporary"), { recursive: true })).toHaveLength(3);
    await store.close();
    expect(readdirSync(join(directory, "temporary"))).toEqual([]);
  }),
);

async function* bytesOf(text: string) {
  yield Buffer.from(text);
}

async function digestOf(store: FileBlobStore, key: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of store.read(key)) hash.update(part);
  return hash.digest("hex");
}

const putter = join(dirname(fileURLToPath(import.meta.url)), "../test/putter.ts");

describe("openFileBlobStore", () => {
  it("keeps its files for its account", () =>
    withDirectory(async (directory) => {
      const store = await openFileBlobStore(join(directory, "store"));
      await store.putIfAbsent("a/b", bytesOf("x"));
      for (const path of ["store", "store/objects", "store/objects/a", "store/objects/a/=b", "store/temporary"]) {
        expect(statSync(join(directory, path)).mode & 0o077, path).toBe(0);
      }
      await store.close();
    }));

  it("can be open twice, and neither opening disturbs the other", () =>
    withDirectory(async (directory) => {
      const one = await openFileBlobStore(directory);
      const other = await openFileBlobStore(directory);
      expect(await one.putIfAbsent("k", bytesOf("1"))).toBe(true);
      expect(await other.putIfAbsent("k", bytesOf("2"))).toBe(false);
      expect(await other.putIfAbsent("l", bytesOf("3"))).toBe(true);
      await other.close();
      expect(await one.size("l")).toBe(1);
      expect(await one.putIfAbsent("m", bytesOf("4"))).toBe(true);
      await one.close();
    }));

  it("has every acknowledged object whole, and no half one, over 20 kills", () =>
    withDirectory(async (directory) => {
      let acknowledged = 0;
      for (let round = 0; round < 20; round++) {
        const child = spawn(
          process.execPath,
          ["--disable-warning=ExperimentalWarning", putter, directory, `r${round}`],
          {
            stdio: ["ignore", "pipe", "inherit"],
          },
        );
        let said = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          said += text;
        });
        await once(child.stdout, "data");
        await sleep(Math.random() * 60);
        child.kill("SIGKILL");
        await once(child, "close");
        const store = await openFileBlobStore(directory);
        expect(readdirSync(join(directory, "temporary")).filter((name) => !name.includes("."))).toHaveLength(1);
        for (const key of said.split("\n").slice(0, -1)) {
          expect(await store.size(key), key).toBeDefined();
          acknowledged++;
        }
        for await (const { key } of store.list(`r${round}/`)) {
          expect(await digestOf(store, key), key).toBe(key.split("/").at(-1));
        }
        await store.close();
      }
      expect(acknowledged).toBeGreaterThan(20);
    }));
});
