import { type FileEntry, fileCid, type GetBlocks, leavesOf, type Manifest, pathsOf } from "@cairn/archive/browser";
import { eachBounded } from "@cairn/core/semaphore";

/** CIDs located by one call: the API takes 65,536, and 8 MiB. */
const LOCATED_AT_ONCE = 20_000;
/** Files whose trees are read side by side: each inner node is a round trip. */
const READ_TOGETHER = 8;

export interface PiecesOptions {
  manifest: Manifest;
  /** A file or folder of it, as `pathOfText` gives it. */
  path: string;
  /** Reads inner nodes of files of more than one block. */
  getBlocks: GetBlocks;
  /** Numbers of the pieces in which blocks lie. */
  locate: (cids: string[]) => Promise<readonly number[]>;
}

/**
 * Pieces that hold any block of the files at a path: leaves, inner nodes and roots, as a file's bytes lie in other pieces than its root once
 * it is longer than one. Undefined when no file is there.
 * @throws what `getBlocks` and `leavesOf` throw when a file's tree cannot be read
 */
export async function piecesOf({ manifest, path, getBlocks, locate }: PiecesOptions): Promise<number[] | undefined> {
  const paths = pathsOf(manifest.entries);
  const files = manifest.entries.filter((entry, index): entry is FileEntry => {
    const at = paths[index] ?? "";
    return entry.kind === "file" && (at === path || at.startsWith(`${path}/`));
  });
  if (files.length === 0) return undefined;
  const pieces = new Set<number>();
  let cids = new Set<string>();
  const flush = async () => {
    const now = [...cids];
    cids = new Set();
    for (let from = 0; from < now.length; from += LOCATED_AT_ONCE) {
      for (const piece of await locate(now.slice(from, from + LOCATED_AT_ONCE))) pieces.add(piece);
    }
  };
  const noted: GetBlocks = (asked) => {
    for (const cid of asked) cids.add(cid.toString());
    return getBlocks(asked);
  };
  for (let from = 0; from < files.length; from += LOCATED_AT_ONCE) {
    await eachBounded(files.slice(from, from + LOCATED_AT_ONCE), READ_TOGETHER, async (file) => {
      cids.add(fileCid(manifest, file).toString());
      for (const leaf of await leavesOf(manifest, file, noted)) cids.add(leaf.toString());
      if (cids.size >= LOCATED_AT_ONCE) await flush();
    });
    await flush();
  }
  return [...pieces].toSorted((a, b) => a - b);
}
