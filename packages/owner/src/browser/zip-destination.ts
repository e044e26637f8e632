import { bytesOfName } from "@cairn/archive/names";
import type { Destination } from "../get.ts";
import { closing } from "./closing.ts";
import type { FileWritable } from "./platform.ts";
import { ZipWriter } from "./zip-writer.ts";

/**
 * All that comes, as one zip with links, modes and times; a folder's own name stands above what it holds. What was written is a zip only when
 * the get resolved: else the target is aborted.
 */
export const zipDestination = (target: FileWritable, root: string): Destination =>
  closing(target, () => {
    const zip = new ZipWriter((bytes) => target.write(bytes));
    return {
      async take({ path, entry, bytes }) {
        const at = path === "" ? root : `${root}/${path}`;
        if (entry === undefined) {
          await zip.add({ path: at, kind: "file", mode: 0o644, seconds: 0 }, bytes);
          return;
        }
        const { kind, mode, seconds } = entry;
        const size = kind === "file" ? { size: entry.size } : {};
        const content = kind === "symlink" ? once(bytesOfName(entry.target)) : bytes;
        await zip.add({ path: at, kind, mode, seconds, ...size }, content);
      },
      end: () => zip.finish(),
    };
  });

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
