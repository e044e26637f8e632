import { randomUUID } from "node:crypto";
import type { Dirent } from "node:fs";
import { link, mkdir, open, readdir, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobStore } from "@cairn/core";
import { keySegments } from "./blob-key.ts";
import { blobMissing, rangeEnd } from "./blob-range.ts";
import { openTemporaryDirectory } from "./temporary-directory.ts";
import { asNoSpace, writeDurably } from "./write-durably.ts";

const PART = 1_048_576;
/** Begins the file name of an object; no key has it, so the object `a` and those below `a/` lie side by side. */
const OBJECT = "=";

export interface FileBlobStore extends BlobStore {
  /** Give up the temporary directory; the store is not used afterwards. */
  close(): Promise<void>;
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? "");
}

/** undefined where the path does not lead to anything. */
async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Make `path` and bring every new entry to the disk. `top` exists. */
async function makeDirectory(top: string, path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = path; at !== top; at = dirname(at)) {
    await syncDirectory(dirname(at));
    if (at === first) break;
  }
}

async function* walk(directory: string, above: string, prefix: string): AsyncGenerator<{ key: string; size: number }> {
  const entries: Dirent[] = (await ifThere(readdir(directory, { withFileTypes: true }))) ?? [];
  const found = entries
    .map((entry) => {
      const isObject = entry.name.startsWith(OBJECT);
      return {
        isObject,
        key: above + (isObject ? entry.name.slice(OBJECT.length) : `${entry.name}/`),
        name: entry.name,
      };
    })
    .filter(({ isObject, key }) => key.startsWith(prefix) || (!isObject && prefix.startsWith(key)))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const { isObject, key, name } of found) {
    if (!isObject) yield* walk(join(directory, name), key, prefix);
    else {
      const file = await ifThere(stat(join(directory, name)));
      if (file) yield { key, size: file.size };
    }
  }
}

/**
 * Open the BlobStore in the directory `root` (made when missing, for this account only). Several processes may have it open at once.
 *
 * A put writes a temporary file, syncs it, links it to its name (which fails when the name is taken) and syncs the directory:
 * killed at any instant it leaves the object whole or absent, and a temporary file that the next `openFileBlobStore` removes.
 */
export async function openFileBlobStore(root: string): Promise<FileBlobStore> {
  const objects = join(root, "objects");
  await mkdir(objects, { recursive: true, mode: 0o700 });
  await syncDirectory(root);
  const temporary = await openTemporaryDirectory(join(root, "temporary"));

  const pathOf = (key: string) => {
    const segments = keySegments(key);
    const last = segments.pop() ?? "";
    return join(objects, ...segments, OBJECT + last);
  };
  const isThere = async (path: string) => (await ifThere(stat(path))) !== undefined;

  /** false when the name is taken. */
  async function publish(from: string, to: string): Promise<boolean> {
    for (;;) {
      await makeDirectory(objects, dirname(to));
      try {
        await link(from, to);
        return true;
      } catch (error) {
        if (hasCode(error, "EEXIST")) return false;
        // A remove beside us took the directory away when it was empty for a moment.
        if (!hasCode(error, "ENOENT") || !(await isThere(from))) throw error;
      }
    }
  }

  return {
    async putIfAbsent(key, bytes) {
      const path = pathOf(key);
      if (await isThere(path)) {
        // Another process may have linked it and not synced yet.
        await ifThere(syncDirectory(dirname(path)));
        return false;
      }
      const draft = join(temporary.path, randomUUID());
      await writeDurably(draft, bytes);
      try {
        const isNew = await publish(draft, path);
        await ifThere(syncDirectory(dirname(path)));
        return isNew;
      } catch (error) {
        throw asNoSpace(error);
      } finally {
        await unlink(draft);
      }
    },

    async size(key) {
      return (await ifThere(stat(pathOf(key))))?.size;
    },

    async *read(key, offset = 0, length) {
      const file = await ifThere(open(pathOf(key), "r"));
      if (file === undefined) throw blobMissing(key);
      try {
        const end = rangeEnd(key, (await file.stat()).size, offset, length);
        for (let at = offset; at < end; ) {
          const buffer = Buffer.allocUnsafeSlow(Math.min(PART, end - at));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
          if (bytesRead === 0) rangeEnd(key, at, at, end - at);
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },

    async remove(key) {
      const path = pathOf(key);
      if ((await ifThere(unlink(path).then(() => true))) === undefined) return;
      let directory = dirname(path);
      await ifThere(syncDirectory(directory));
      for (; directory !== objects; directory = dirname(directory)) {
        try {
          await rmdir(directory);
        } catch (error) {
          if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) break;
          throw error;
        }
      }
    },

    list: (prefix) => walk(objects, "", prefix),

    close: () => temporary.close(),
  };
}
