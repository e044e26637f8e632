import { holderOf, unwrapperOf } from "../keys/recipient.ts";
import { type FileEntry, fileCid, type Manifest } from "../manifest/manifest.ts";
import type { Unwrap } from "../openpgp/decrypt-message.ts";
import { nameOfBytes } from "../walk/names.ts";
import { fetchBlocks, type GetBlocks, leavesOf } from "./fetch-file.ts";
import { findEntry, subtreeOf } from "./find-entry.ts";
import type { RestoreTask } from "./messages.ts";
import type { Restored, RestoreOptions, RestoreProgress } from "./options.ts";
import { finishBelow, finishMoved, finishRoot, makeDirectories, makeLinks, tasksOf } from "./place-tree.ts";
import { Staging } from "./staging.ts";
import { FileWriter } from "./write-file.ts";

export interface RestorePathOptions extends RestoreOptions {
  /** A file, link or folder below the folder that was put; "" for all of it. */
  path: string;
  getBlocks: GetBlocks;
}

interface Job {
  file: FileEntry;
  task: RestoreTask;
}

/** Files of one leaf are asked for together, up to this many and this much. */
const GROUP_FILES = 256;
const GROUP_BYTES = 8_388_608;

/**
 * Restores exactly one file or one subtree, fetching only its blocks. Otherwise as `restoreFolder`.
 * Throws `path-not-found` besides what `restoreFolder` throws.
 */
export async function restorePath(options: RestorePathOptions): Promise<Restored> {
  const { manifest, signal } = options;
  const { index, entry } = findEntry(manifest, options.path);
  const placed = subtreeOf(manifest, index);
  const files = placed.flatMap((each) => (each.entry.kind === "file" ? [each.entry] : []));
  const progress = {
    files: 0,
    bytes: 0,
    totalFiles: files.length,
    totalBytes: files.reduce((sum, file) => sum + file.size, 0),
  };
  const single = entry.kind === "directory" ? undefined : { name: entry.name };
  const staging = await Staging.open(options.destination, single, progress.totalBytes);
  try {
    makeDirectories(placed, staging.root);
    const unwrap = manifest.layout === "unencrypted" ? undefined : await unwrapperOf(holderOf(options.key));
    const tasks = tasksOf(placed, staging.root);
    const jobs = tasks.flatMap((task, at): Job[] => (files[at] ? [{ task, file: files[at] }] : []));
    for (const group of groupsOf(jobs, manifest)) {
      signal?.throwIfAborted();
      await restoreGroup(group, options, unwrap, progress);
    }
    makeLinks(placed, staging.root);
    const below = await finishBelow(placed, staging.root);
    signal?.throwIfAborted();
    await staging.promote();
    finishMoved(placed, staging.target);
    await staging.close();
    const root = await finishRoot(placed, staging.target);
    const exactTimes = below.exactTimes && root.exactTimes;
    return {
      path: nameOfBytes(staging.target),
      files: progress.files,
      bytes: progress.bytes,
      exactTimes,
      rootKept: root.rootKept,
    };
  } catch (error) {
    await staging.discard();
    throw error;
  }
}

/** Runs of files of one leaf, and larger files alone. */
function* groupsOf(jobs: Job[], manifest: Manifest): Generator<Job[]> {
  let group: Job[] = [];
  let bytes = 0;
  for (const job of jobs) {
    const { stored } = job.file;
    const large = stored > manifest.profile.chunk;
    if (group.length > 0 && (large || bytes + stored > GROUP_BYTES || group.length === GROUP_FILES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    if (large) {
      yield [job];
    } else {
      group.push(job);
      bytes += stored;
    }
  }
  if (group.length > 0) yield group;
}

async function restoreGroup(
  group: Job[],
  options: RestorePathOptions,
  unwrap: Unwrap | undefined,
  progress: RestoreProgress,
): Promise<void> {
  const { manifest, getBlocks, signal } = options;
  const [first] = group;
  const large = first !== undefined && first.file.stored > manifest.profile.chunk;
  const cids = large
    ? await leavesOf(manifest, first.file, getBlocks)
    : group.map((job) => fileCid(manifest, job.file));
  const blocks = large ? fetchBlocks(getBlocks, cids) : fetchBlocks(getBlocks, cids, cids.length);
  let at = 0;
  let writer: FileWriter | undefined;
  try {
    for await (const block of blocks) {
      signal?.throwIfAborted();
      const job = large ? first : group[at];
      const cid = cids[at++];
      if (!job || !cid) break;
      writer ??= new FileWriter(job.task, manifest.profile, unwrap);
      progress.bytes += await writer.block(cid.bytes, block);
      if (large && at < cids.length) {
        options.onProgress?.({ ...progress });
        continue;
      }
      writer.skipNodes();
      writer.finish();
      writer = undefined;
      progress.files++;
      options.onProgress?.({ ...progress });
    }
  } finally {
    writer?.close();
  }
}
