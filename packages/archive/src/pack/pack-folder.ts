import { availableParallelism } from "node:os";
import { MAX_PIECE_BYTES } from "@cairn/protocol/words";
import { PieceCutter } from "../car/piece-cutter.ts";
import { assertUsable } from "../keys/account-key.ts";
import { recipientOf } from "../keys/recipient.ts";
import type { Layout } from "../manifest/manifest.ts";
import { type DagProfile, UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import type { Excluder } from "../walk/exclude.ts";
import { type Walked, walkFolder } from "../walk/walk-folder.ts";
import { nameInDag } from "./build-tree.ts";
import { pieceOf, piecesOf } from "./checkpoint.ts";
import { FileStream, type FileStreamOptions, type PackProgress } from "./file-stream.ts";
import { checkIdentity, finishPackage, type PackageOptions, type Packed } from "./finish-package.ts";
import type { FileDone, PackSettings } from "./messages.ts";
import { planJobs } from "./plan-jobs.ts";
import { runJobs, runJobsHere } from "./run-jobs.ts";

export interface PackFolderOptions extends PackageOptions, Pick<FileStreamOptions, "from" | "onCheckpoint"> {
  /** A folder or a single file. */
  path: string;
  /** Leaves entries out, by their path below the folder. */
  exclude?: Excluder;
  /** `private` unless set. */
  layout?: Exclude<Layout, "car">;
  onProgress?: (progress: PackProgress) => void;
  /** Worker threads; 0 packs in this thread. At most two, and none for less than a megabyte, unless set. */
  threads?: number;
  profile?: DagProfile;
  /** What is packed as it was listed, instead of listing it anew. */
  walked?: Walked;
}

const SMALL_FILES = 64;
const SMALL_BYTES = 1_048_576;

/**
 * Streams a folder, or one file, into CAR pieces and makes its encrypted manifest.
 * The sink gets each piece's bytes from behind its header on; write `carHeader(root)` before them in the end.
 * Throws `unreadable-path`, `file-changed`, `name-not-utf8`, `key-unusable`, `piece-limit`, and what the sink throws;
 * what the sink has got by then is void.
 */
export async function packFolder(options: PackFolderOptions): Promise<Packed> {
  const layout = options.layout ?? "private";
  const profile = options.profile ?? UNIXFS_V1_2025;
  checkIdentity(options);
  await assertUsable(options.key);
  const walked = options.walked ?? (await walkFolder(options.path, options));
  if (layout !== "private") for (const index of walked.entries.keys()) nameInDag(layout, walked.entries, index);
  const cutter = new PieceCutter(options.sink, options.pieceLimit ?? MAX_PIECE_BYTES, {
    from: piecesOf(options.from ?? []).map(pieceOf),
    chained: options.onCheckpoint !== undefined,
  });
  const recipient = layout === "unencrypted" ? undefined : await recipientOf(options.key);
  const done = await packFiles(walked, { recipient, profile }, cutter, options);
  const { entries, skipped, excluded } = walked;
  return { ...(await finishPackage(options, { layout, profile, entries, done }, cutter)), skipped, excluded };
}

/** Puts the files of a listed tree into the cutter's stream, in order; returns what became of each, by the index of its entry. */
export async function packFiles(
  walked: Walked,
  settings: PackSettings,
  cutter: PieceCutter,
  options: FileStreamOptions & Pick<PackFolderOptions, "threads">,
): Promise<Map<number, FileDone>> {
  const stream = new FileStream(walked.entries, cutter, options);
  const { done, progress, consume } = stream;
  const jobs = planJobs(walked.root, walked.entries, done.size);
  const small = progress.totalFiles <= SMALL_FILES && progress.totalBytes <= SMALL_BYTES;
  const threads = options.threads ?? (small ? 0 : Math.min(2, availableParallelism()));
  if (threads === 0) await runJobsHere(jobs, settings, consume);
  else await runJobs(jobs, settings, threads, consume, options.signal);
  return done;
}
