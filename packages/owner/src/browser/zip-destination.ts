import { bytesOfName } from "@cairn/archive/names";
import type { Destination, Restored } from "../get.ts";
import { type StreamedEntry, streamDestination } from "../stream-destination.ts";
import type { FileWritable } from "./platform.ts";
import { ZipWriter } from "./zip-writer.ts";

/**
 * All that comes, as one zip with links, modes and times; a folder's own name stands above what it holds. What was written is a zip only when
 * the get resolved: else the target is aborted.
 */
export function zipDestination(target: FileWritable, root: string): Destination {
  const whole = async (work: (destination: Destination) => Promise<Restored>): Promise<Restored> => {
    const zip = new ZipWriter((bytes) => target.write(bytes));
    try {
      const restored = await work(streamDestination((entry) => add(zip, root, entry)));
      await zip.finish();
      await target.close();
      return restored;
    } catch (error) {
      await target.abort(error).catch(() => undefined);
      throw error;
    }
  };
  return {
    assertFree: async () => undefined,
    takeWhole: (all) => whole((destination) => destination.takeWhole(all)),
    takePath: (part) => whole((destination) => destination.takePath(part)),
    takeBytes: (file) => whole((destination) => destination.takeBytes(file)),
  };
}

async function add(zip: ZipWriter, root: string, { path, entry, bytes }: StreamedEntry): Promise<void> {
  const at = path === "" ? root : `${root}/${path}`;
  if (entry === undefined) {
    await zip.add({ path: at, kind: "file", mode: 0o644, seconds: 0 }, bytes);
    return;
  }
  const { kind, mode, seconds } = entry;
  const size = kind === "file" ? { size: entry.size } : {};
  const content = kind === "symlink" ? once(bytesOfName(entry.target)) : bytes;
  await zip.add({ path: at, kind, mode, seconds, ...size }, content);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
