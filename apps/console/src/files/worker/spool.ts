import type { DirectoryHandle, FileHandle, FileWritable } from "@cairn/owner/browser/platform";

const FOLDER = "downloads";
/** What a page that was closed has left is of no use to anybody. */
const KEPT_MILLISECONDS = 24 * 3_600_000;

interface Storage {
  getDirectory(): Promise<DirectoryHandle>;
}

/**
 * A file of this browser's own store, which the page hands to the person's downloads when it is whole: browsers that ask for no place to write to, and
 * small downloads, come by it. It lies on disk, so that its size is not the memory's.
 */
export async function openSpool(): Promise<{
  target: FileWritable;
  end(): Promise<File | undefined>;
  abort(reason: unknown): Promise<void>;
}> {
  const storage = (navigator as unknown as { storage: Storage }).storage;
  const folder = await (await storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  await removeStale(folder);
  const name = `${Date.now()}-${crypto.randomUUID()}`;
  const file: FileHandle = await folder.getFileHandle(name, { create: true });
  const target = await file.createWritable();
  return {
    target,
    async end() {
      await target.close();
      return (await file.getFile()) as unknown as File;
    },
    async abort(reason) {
      await target.abort(reason).catch(() => undefined);
      await folder.removeEntry(name).catch(() => undefined);
    },
  };
}

async function removeStale(folder: DirectoryHandle): Promise<void> {
  for await (const { name } of folder.values()) {
    const at = Number(name.split("-")[0]);
    if (Date.now() - at > KEPT_MILLISECONDS) await folder.removeEntry(name).catch(() => undefined);
  }
}
