import { CairnError } from "@cairn/protocol/errors";
import type { AccountKey } from "../keys/account-key.ts";
import { holderOf, unwrapperOf } from "../keys/recipient.ts";
import type { DirectoryEntry, FileEntry, Manifest, SymlinkEntry } from "../manifest/manifest.ts";
import type { Unwrap } from "../openpgp/decrypt-message.ts";
import { blockCount } from "../unixfs/file-dag.ts";
import { CID_BYTES } from "../unixfs/links.ts";
import { displayName } from "../walk/names.ts";
import { pathsOf } from "../walk/tree-paths.ts";
import { checkDirectories } from "./check-directories.ts";
import { wrongBlocks } from "./errors.ts";
import { FileBlocks } from "./file-blocks.ts";
import { PieceFrames, type PieceStreams } from "./piece-frames.ts";

export interface RestoreEntriesOptions {
  manifest: Manifest;
  /** Unlocked. */
  key: AccountKey;
  /** The CAR files in order. */
  pieces: PieceStreams;
  signal?: AbortSignal;
}

/** A path is below what was put, '/'-separated; "" is the root. */
export type RestoredEntry =
  | { path: string; entry: DirectoryEntry | SymlinkEntry }
  | {
      path: string;
      entry: FileEntry;
      /** Read it before the next entry is asked for. What came is the file's content only when the iteration has ended without an error. */
      bytes: AsyncIterable<Uint8Array>;
    };

/**
 * As `restoreFolder`, for places without a file system: the tree's entries, parents first, in one pass over the pieces, each checked as
 * there. Contents that are not read are checked, too; the whole is right when the last entry was followed by the end.
 * Throws `corrupt-block`, `corrupt-message`, `corrupt-car`, `wrong-key`, and `bad-package` for a DAG that was taken in as it was.
 */
export async function* restoreEntries(options: RestoreEntriesOptions): AsyncGenerator<RestoredEntry, void> {
  const { manifest, signal } = options;
  if (manifest.layout === "car") {
    throw new CairnError("a DAG that was taken in as it was has no list of files", {
      code: "bad-package",
      kind: "input",
      next: "Keep its pieces as they are, or restore it with `cairn get`.",
    });
  }
  const unwrap = manifest.layout === "unencrypted" ? undefined : await unwrapperOf(holderOf(options.key));
  const frames = new PieceFrames(options.pieces, manifest.root);
  const paths = pathsOf(manifest.entries);
  try {
    for (const [index, entry] of manifest.entries.entries()) {
      signal?.throwIfAborted();
      const path = paths[index] ?? "";
      if (entry.kind !== "file") {
        yield { path, entry };
        continue;
      }
      const content = contentOf(frames, { manifest, entry, path }, unwrap, signal);
      // Whoever stops in the midst does not stop the check.
      yield { path, entry, bytes: { [Symbol.asyncIterator]: () => ({ next: () => content.next() }) } };
      while (!(await content.next()).done);
    }
    await checkDirectories(frames, manifest, signal);
  } finally {
    frames.close();
  }
}

async function* contentOf(
  frames: PieceFrames,
  { manifest, entry, path }: { manifest: Manifest; entry: FileEntry; path: string },
  unwrap: Unwrap | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const { profile } = manifest;
  const out: Uint8Array[] = [];
  const blocks = new FileBlocks(
    entry,
    profile,
    unwrap,
    (bytes) => out.push(bytes),
    () => displayName(path || entry.name),
  );
  for (let left = blockCount(entry.stored, profile); left > 0; left--) {
    signal?.throwIfAborted();
    const frame = await frames.next();
    if (frame === undefined) throw wrongBlocks("the pieces end too early");
    if (frame.length < CID_BYTES) throw wrongBlocks("a block has no CID");
    await blocks.block(frame.subarray(0, CID_BYTES), frame.subarray(CID_BYTES));
    yield* out.splice(0);
  }
  blocks.finish();
}
