import type { CID } from "multiformats/cid";
import { DistinctCutter } from "../car/distinct-cutter.ts";
import type { PieceSink } from "../car/piece-cutter.ts";
import { type AccountKey, assertUsable } from "../keys/account-key.ts";
import { recipientOf } from "../keys/recipient.ts";
import { type DagProfile, UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import type { Excluder } from "../walk/exclude.ts";
import type { SkippedEntry } from "../walk/found-entry.ts";
import { walkFolder } from "../walk/walk-folder.ts";
import { nameInDag } from "./build-tree.ts";
import type { PackProgress } from "./file-stream.ts";
import { finishTree } from "./finish-package.ts";
import { packFiles } from "./pack-folder.ts";

export interface PackCarOptions {
  /** A folder or a single file. */
  path: string;
  /** Each file becomes an OpenPGP message to this key, named with `.gpg` behind its name; left out, files stay as they are. */
  key?: AccountKey;
  sink: PieceSink;
  /** Most bytes of a part, its 59-byte header included. */
  limit: number;
  /** Leaves entries out, by their path below the folder. */
  exclude?: Excluder;
  profile?: DagProfile;
  /** As of `packFolder`. */
  threads?: number;
  onProgress?: (progress: PackProgress) => void;
  signal?: AbortSignal;
}

export interface PackedCar {
  root: CID;
  /** Lengths of the CAR files, headers included. */
  parts: number[];
  files: number;
  /** Of the files as they were read. */
  bytes: number;
  /** Special files that were left out. */
  skipped: SkippedEntry[];
  /** Entries that a rule left out. */
  excluded: number;
}

/**
 * Streams a folder, or one file, into CARs without a package around them: for other networks. Every part is a CARv1 with the root in its
 * header, and all parts together have each block once; the blocks of files come first, in order, the root is the last.
 * The sink gets each part's bytes from behind its header on; write `carHeader(root)` before them in the end.
 * Throws `unreadable-path`, `file-changed`, `name-not-utf8`, `key-unusable`, `piece-limit`, and what the sink throws.
 */
export async function packCar(options: PackCarOptions): Promise<PackedCar> {
  const { key, profile = UNIXFS_V1_2025 } = options;
  const layout = key === undefined ? "unencrypted" : "plain";
  if (key !== undefined) await assertUsable(key);
  const walked = await walkFolder(options.path, options);
  const { entries, skipped, excluded } = walked;
  for (const index of entries.keys()) nameInDag(layout, entries, index);
  const cutter = new DistinctCutter(options.sink, options.limit);
  const recipient = key === undefined ? undefined : await recipientOf(key);
  const done = await packFiles(walked, { recipient, profile }, cutter, options);
  const root = await finishTree({ layout, profile, entries, done }, cutter);
  const bytes = [...done.values()].reduce((sum, file) => sum + file.size, 0);
  return { root, parts: cutter.lengths, files: done.size, bytes, skipped, excluded };
}
