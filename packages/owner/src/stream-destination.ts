import type { Manifest, ManifestEntry } from "@cairn/archive/browser";
import type { Destination, Restored } from "./get.ts";

/** A file, folder or link that comes back; `path` is below what was asked for, "" for itself. */
export interface StreamedEntry {
  path: string;
  /** Undefined for bytes of a package that has no list of files. */
  entry: ManifestEntry | undefined;
  /** Of a file: to be read before `take` returns. It is the file's content only when the iteration has ended without an error. */
  bytes?: AsyncIterable<Uint8Array>;
}

/** Hands out `{path, bytes}` one after another, parents first: for pages, and doors that keep no folders. Nothing is staged. */
export function streamDestination(take: (entry: StreamedEntry) => Promise<void>): Destination {
  return {
    assertFree: async () => undefined,
    async takeWhole({ manifest, key, pieces, onProgress, signal }) {
      const { restoreEntries } = await import("@cairn/archive/browser");
      const counted = counter(manifest.entries, onProgress);
      for await (const one of restoreEntries({ manifest, key, pieces, signal })) {
        await take("bytes" in one ? { ...one, bytes: counted.through(one.bytes) } : one);
      }
      return counted.sum;
    },
    async takePath({ manifest, key, path, getBlocks, onProgress, signal }) {
      const { findEntry, readFile, subtreeOf } = await import("@cairn/archive/browser");
      const below = subtreeOf(manifest, findEntry(manifest, path).index);
      const counted = counter(
        below.map(({ entry }) => entry),
        onProgress,
      );
      for (const { entry, path: at } of below) {
        signal.throwIfAborted();
        if (entry.kind !== "file") await take({ path: at, entry });
        else {
          const full = [path, at].filter((part) => part !== "").join("/");
          const bytes = readFile({ manifest, key, path: full, entry, getBlocks });
          await take({ path: at, entry, bytes: counted.through(bytes) });
        }
      }
      return counted.sum;
    },
    async takeBytes({ bytes, entry, onBytes }) {
      const counted = counter([], ({ bytes }) => onBytes(bytes));
      await take({ path: "", entry, bytes: counted.through(bytes) });
      return counted.sum;
    },
  };
}

/** Counts files and bytes as they are read to their ends. */
function counter(
  entries: Manifest["entries"],
  onProgress: (progress: { bytes: number; totalBytes: number }) => void,
): { sum: Restored; through(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> } {
  const totalBytes = entries.reduce((sum, entry) => (entry.kind === "file" ? sum + entry.size : sum), 0);
  const sum = { files: 0, bytes: 0 };
  return {
    sum,
    async *through(bytes) {
      for await (const part of bytes) {
        sum.bytes += part.length;
        onProgress({ bytes: sum.bytes, totalBytes });
        yield part;
      }
      sum.files += 1;
    },
  };
}
