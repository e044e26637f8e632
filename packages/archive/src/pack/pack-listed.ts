import { MAX_PIECE_BYTES } from "@cairn/protocol/words";
import { PieceCutter } from "../car/piece-cutter.ts";
import { assertUsable } from "../keys/account-key.ts";
import { recipientOf } from "../keys/recipient.ts";
import type { Layout } from "../manifest/manifest.ts";
import { type DagProfile, UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import type { FoundEntry } from "../walk/found-entry.ts";
import { pathsOf } from "../walk/tree-paths.ts";
import { nameInDag } from "./build-tree.ts";
import { pieceOf, piecesOf } from "./checkpoint.ts";
import { cutJobs } from "./cut-jobs.ts";
import { FileStream, type FileStreamOptions } from "./file-stream.ts";
import { checkIdentity, finishPackage, type PackageOptions, type Packed } from "./finish-package.ts";
import { runOnThreads } from "./job-pool.ts";
import { LocalSegments } from "./local-segments.ts";
import type { BlobTask, PackSettings, Segment } from "./messages.ts";
import { BlobPacker } from "./pack-blobs.ts";
import { type StartWorker, threadOf } from "./web-thread.ts";

/** What a page was given, and in which order it stands in the package. */
export interface ListedTree {
  /** As `walkFolder` lists: the root first, parents before children. */
  entries: readonly FoundEntry[];
  /** The contents of the files, by the index of their entries. */
  blobs: ReadonlyMap<number, Blob>;
}

export interface PackListedOptions extends PackageOptions, FileStreamOptions {
  tree: ListedTree;
  /** `private` unless set. */
  layout?: Exclude<Layout, "car">;
  profile?: DagProfile;
  /** Starts a worker that runs `web-worker.ts`; left out, all is done in the caller's thread. */
  startWorker?: StartWorker | undefined;
  /** At most so many workers at once. One a core, less one for the page, unless set. */
  workers?: number;
  signal?: AbortSignal;
}

/**
 * As `packFolder`, of the files that a page was given: with workers, with checkpoints, and with the same bytes in the same order.
 * Throws `unreadable-path`, `file-changed`, `name-not-utf8`, `key-unusable`, `piece-limit`, and what the sink throws.
 */
export async function packListed(options: PackListedOptions): Promise<Packed> {
  const { tree, layout = "private", profile = UNIXFS_V1_2025 } = options;
  const { entries } = tree;
  checkIdentity(options);
  await assertUsable(options.key);
  if (layout !== "private") for (const index of entries.keys()) nameInDag(layout, entries, index);
  const cutter = new PieceCutter(options.sink, options.pieceLimit ?? MAX_PIECE_BYTES, {
    from: piecesOf(options.from ?? []).map(pieceOf),
    chained: options.onCheckpoint !== undefined,
  });
  const recipient = layout === "unencrypted" ? undefined : await recipientOf(options.key);
  const stream = new FileStream(entries, cutter, options);
  const jobs = tasksOf(tree, cutJobs(entries, stream.done.size));
  await run(jobs, { recipient, profile }, stream.consume, options);
  const { done } = stream;
  return { ...(await finishPackage(options, { layout, profile, entries, done }, cutter)), skipped: [], excluded: 0 };
}

function tasksOf({ entries, blobs }: ListedTree, jobs: readonly number[][]): BlobTask[][] {
  const paths = pathsOf(entries);
  return jobs.map((job) =>
    job.map((entry) => {
      const { mode, seconds, nanoseconds, name, version = "" } = entries[entry] as FoundEntry;
      const blob = blobs.get(entry);
      if (blob === undefined) throw new Error(`entry ${entry} has no content`);
      return { entry, blob, path: paths[entry] || name, mode, seconds, nanoseconds, version };
    }),
  );
}

async function run(
  jobs: BlobTask[][],
  settings: PackSettings,
  consume: (segment: Segment) => Promise<void>,
  { startWorker, workers, signal }: PackListedOptions,
): Promise<void> {
  if (startWorker !== undefined && jobs.length > 0) {
    const cores = globalThis.navigator?.hardwareConcurrency ?? 2;
    const count = Math.min(jobs.length, Math.max(1, workers ?? cores - 1));
    const threads = Array.from({ length: count }, () => threadOf(startWorker(), settings));
    await runOnThreads(jobs, threads, consume, signal);
    return;
  }
  const segments = new LocalSegments(consume);
  const packer = await BlobPacker.create(settings, segments);
  for (const [job, files] of jobs.entries()) {
    await packer.pack(job, files);
    await segments.drain();
  }
}
