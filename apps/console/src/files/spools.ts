import type { DirectoryHandle } from "@cairn/owner/browser/platform";

const FOLDER = "downloads";
/** A browser takes a file that it was handed within this: at most 500 MB, from one place of the disk to another. */
export const TAKEN_MILLISECONDS = 60_000;
/** The file of a worker that was ended just now is still held for a moment. */
const AGAIN_MILLISECONDS = [0, 1_000, 5_000];

interface Browser {
  storage?: { getDirectory(): Promise<DirectoryHandle> };
  locks: {
    request<T>(name: string, held: () => Promise<T>): Promise<T>;
    request<T>(name: string, options: { ifAvailable: true }, held: (lock: object | null) => Promise<T>): Promise<T>;
  };
}
const browser = (): Browser => navigator as unknown as Browser;
const lockOf = (name: string) => `cairn-spool-${name}`;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The folder of this browser's own store that downloads lie in, decrypted, until the browser has taken them. */
export async function spoolFolder(): Promise<DirectoryHandle> {
  const { storage } = browser();
  if (storage === undefined) throw new Error("this browser has no store of its own for files");
  return (await storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

async function remove(name: string): Promise<void> {
  for (const wait of AGAIN_MILLISECONDS) {
    await pause(wait);
    try {
      return await (await spoolFolder()).removeEntry(name);
    } catch (error) {
      if (error instanceof Error && error.name === "NotFoundError") return;
    }
  }
  // The next sweep has it.
}

/**
 * Work with a file of the store, whose name the work gets. It is this page's until the work has ended, and another
 * `keptMilliseconds` where it was handed out; then it is removed, whatever came of it.
 * @param work resolves to whether the file was handed out
 */
export async function withSpool(
  work: (name: string) => Promise<boolean>,
  keptMilliseconds = TAKEN_MILLISECONDS,
): Promise<void> {
  const name = crypto.randomUUID();
  await browser().locks.request(lockOf(name), async () => {
    let isHandedOut = false;
    try {
      isHandedOut = await work(name);
    } finally {
      if (isHandedOut) await pause(keptMilliseconds);
      await remove(name);
    }
  });
}

/**
 * Remove what pages that are gone have left, of whichever account. What a page that is open works with stays, and what a page that was closed just
 * now has handed out, until the browser has had the time to take it: then it is looked for again.
 */
export async function sweepSpools(keptMilliseconds = TAKEN_MILLISECONDS): Promise<void> {
  // Without `https` a page has neither a store nor locks.
  if (browser().storage === undefined || browser().locks === undefined) return;
  const folder = await spoolFolder();
  let isLeft = false;
  for await (const entry of folder.values()) {
    await browser().locks.request(lockOf(entry.name), { ifAvailable: true }, async (lock) => {
      if (lock === null || entry.kind !== "file") return;
      const { size, lastModified } = await entry.getFile();
      // What was not written to its end is empty, and nobody waits for it.
      if (size > 0 && Date.now() - lastModified < keptMilliseconds) isLeft = true;
      else await folder.removeEntry(entry.name).catch(() => undefined);
    });
  }
  if (isLeft) setTimeout(() => void sweepSpools(keptMilliseconds).catch(() => undefined), keptMilliseconds);
}
