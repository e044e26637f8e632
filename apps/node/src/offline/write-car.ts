import { basename, resolve } from "node:path";
import { type AccountKey, type PackProgress, packCar, UNIXFS_V1_2025 } from "@cairn/archive";
import { PartFiles } from "./part-files.ts";

export interface WriteCarOptions {
  /** A folder or a file. */
  path: string;
  /** Where the parts go; asked for when the first is begun. */
  folder: () => Promise<string>;
  /** Most bytes of a part. */
  payload: number;
  /** Bytes of a leaf. */
  chunk: number;
  /** Files are encrypted to it. */
  key?: AccountKey;
  signal?: AbortSignal;
  onProgress?: (progress: PackProgress) => void;
}

export interface WrittenCar {
  root: string;
  parts: { file: string; bytes: number }[];
  files: number;
  bytes: number;
  /** Special files that were left out. */
  skipped: number;
}

/** Writes a folder as CAR files. Throws what `packCar` throws, and the system's errors of writing. */
export async function writeCar({
  path,
  folder,
  payload,
  chunk,
  key,
  signal,
  onProgress,
}: WriteCarOptions): Promise<WrittenCar> {
  const sink = new PartFiles(nameFor(path), folder);
  try {
    const { root, parts, files, bytes, skipped } = await packCar({
      path,
      sink,
      limit: payload,
      profile: { ...UNIXFS_V1_2025, chunk },
      ...(key === undefined ? {} : { key }),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    await sink.finish(root);
    return {
      root: root.toString(),
      parts: parts.map((length, i) => ({ file: sink.names[i] ?? "", bytes: length })),
      ...{ files, bytes, skipped: skipped.length },
    };
  } finally {
    await sink.close();
  }
}

/** A folder's own name where it can be a file's everywhere; else `data`. */
function nameFor(path: string): string {
  const name = basename(resolve(path));
  return /^[\w][\w. -]{0,99}$/.test(name) ? name : "data";
}
