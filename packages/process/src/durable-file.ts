import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Drafts of files, which a crash may leave beside them. */
export const DRAFT = /\.[0-9a-f]{12}\.draft$/;

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

type Content = string | Uint8Array | Iterable<string> | AsyncIterable<Uint8Array>;

async function withDraft(path: string, content: Content, publish: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString("hex")}.draft`;
  let file: FileHandle | undefined;
  try {
    file = await open(draft, "wx", 0o600);
    await writeFile(file, content);
    await file.sync();
    await file.close();
    file = undefined;
    await publish(draft);
  } catch (error) {
    await file?.close();
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Replace a file so that a crash or a full disk at any instant leaves the old or the new content, never a part; readable by its owner
 * only. The content is on the disk when this resolves.
 */
export async function writeDurably(path: string, content: Content): Promise<void> {
  await withDraft(path, content, (draft) => rename(draft, path));
}

/** The same unless the file exists: then it stays and the answer is `false`. Of two that write at once, one wins. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<boolean> {
  try {
    await withDraft(path, content, async (draft) => {
      await link(draft, path);
      await rm(draft);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  return true;
}
