import type { FileWritable } from "@cairn/owner/browser/platform";
import { spoolFolder } from "../spools.ts";

/**
 * A file of this browser's own store, which the page hands to the person's downloads when it is whole: browsers that ask for no place to write to, and
 * small downloads, come by it. It lies on disk, so that its size is not the memory's. Whoever named it removes it (`withSpool`).
 */
export async function openSpool(name: string): Promise<{
  target: FileWritable;
  end(): Promise<File | undefined>;
  abort(reason: unknown): Promise<void>;
}> {
  const file = await (await spoolFolder()).getFileHandle(name, { create: true });
  const target = await file.createWritable();
  return {
    target,
    async end() {
      await target.close();
      return (await file.getFile()) as unknown as File;
    },
    abort: (reason) => target.abort(reason).catch(() => undefined),
  };
}
