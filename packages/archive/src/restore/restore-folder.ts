import { availableParallelism } from "node:os";
import { holderOf } from "../keys/recipient.ts";
import { type Manifest, totalsOf } from "../manifest/manifest.ts";
import { BufferPool } from "../pack/buffer-pool.ts";
import { SEGMENT_BYTES } from "../pack/segment-writer.ts";
import { blockCount } from "../unixfs/file-dag.ts";
import { CID_BYTES } from "../unixfs/links.ts";
import { nameOfBytes } from "../walk/names.ts";
import { checkDirectories } from "./check-directories.ts";
import { wrongBlocks } from "./errors.ts";
import type { RestoreTask } from "./messages.ts";
import type { Restored, RestoreFolderOptions } from "./options.ts";
import { PieceFrames } from "./piece-frames.ts";
import { finishBelow, finishMoved, finishRoot, makeDirectories, makeLinks, placeAll, tasksOf } from "./place-tree.ts";
import { restoreCar } from "./restore-car.ts";
import { type RestoreTarget, restoreHere, restoreOnThreads } from "./restore-pool.ts";
import { Staging } from "./staging.ts";

const SMALL_BYTES = 1_048_576;
const SMALL_FILES = 64;
const JOB_FILES = 256;
const JOB_BYTES = 4_194_304;
/** Buffers on the way to workers: 8 of 4 MiB. */
const BUFFERS = 8;

/**
 * Restores a package in one pass over its pieces. Every block is checked against the manifest and every message's
 * integrity code; nothing appears at the destination before all of it has been. On failure all that was written is removed.
 * Throws `destination-not-empty`, `no-space`, `unwritable-path`, `corrupt-block`, `corrupt-message`, `corrupt-car`, `wrong-key`.
 */
export async function restoreFolder(options: RestoreFolderOptions): Promise<Restored> {
  const { manifest, signal } = options;
  if (manifest.layout === "car") return restoreCar(options);
  const totals = totalsOf(manifest);
  const first = manifest.entries[0];
  const single = first?.kind === "file" ? { name: first.name } : undefined;
  const staging = await Staging.open(options.destination, single, totals.bytes);
  const frames = new PieceFrames(options.pieces, manifest.root);
  try {
    const placed = placeAll(manifest);
    makeDirectories(placed, staging.root);
    await restoreFiles(options, frames, tasksOf(placed, staging.root));
    await checkDirectories(frames, manifest, signal);
    makeLinks(placed, staging.root);
    const below = await finishBelow(placed, staging.root);
    signal?.throwIfAborted();
    await staging.promote();
    finishMoved(placed, staging.target);
    await staging.close();
    const root = await finishRoot(placed, staging.target);
    const exactTimes = below.exactTimes && root.exactTimes;
    return { path: nameOfBytes(staging.target), ...totals, exactTimes, rootKept: root.rootKept };
  } catch (error) {
    await staging.discard();
    throw error;
  } finally {
    frames.close();
  }
}

async function restoreFiles(options: RestoreFolderOptions, frames: PieceFrames, tasks: RestoreTask[]): Promise<void> {
  const { manifest, signal } = options;
  const { files: totalFiles, bytes: totalBytes } = totalsOf(manifest);
  const settings = {
    holder: manifest.layout === "unencrypted" ? undefined : holderOf(options.key),
    profile: manifest.profile,
  };
  const small = totalBytes <= SMALL_BYTES && totalFiles <= SMALL_FILES;
  const threads = options.threads ?? (small ? 0 : Math.min(2, availableParallelism()));
  const pool = new BufferPool(threads === 0 ? 1 : BUFFERS);
  const progress = { files: 0, bytes: 0, totalFiles, totalBytes };
  let interrupt: (error: unknown) => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  // The race below listens only while it waits.
  interrupted.catch(() => undefined);
  const abort = (): void => interrupt(signal?.reason);
  signal?.addEventListener("abort", abort);
  const events = {
    delivered(buffer: ArrayBuffer, bytes: number, files: number): void {
      pool.give(buffer);
      progress.bytes += bytes;
      progress.files += files;
      options.onProgress?.({ ...progress });
    },
    failed: (error: unknown): void => interrupt(error),
  };
  const target = threads === 0 ? await restoreHere(settings, events) : restoreOnThreads(settings, threads, events);
  try {
    signal?.throwIfAborted();
    for (const job of jobsOf(tasks)) {
      await Promise.race([deliverJob(frames, manifest, job, target, pool), interrupted]);
    }
    await Promise.race([target.finish(), interrupted]);
  } finally {
    signal?.removeEventListener("abort", abort);
    await target.stop();
  }
}

/** Small files together, larger ones alone. */
function* jobsOf(tasks: RestoreTask[]): Generator<RestoreTask[]> {
  let job: RestoreTask[] = [];
  let bytes = 0;
  for (const task of tasks) {
    if (job.length > 0 && (bytes + task.stored > JOB_BYTES || job.length === JOB_FILES)) {
      yield job;
      job = [];
      bytes = 0;
    }
    job.push(task);
    bytes += task.stored;
  }
  if (job.length > 0) yield job;
}

async function deliverJob(
  frames: PieceFrames,
  manifest: Manifest,
  job: RestoreTask[],
  target: RestoreTarget,
  pool: BufferPool,
): Promise<void> {
  target.begin(job);
  let blocks = job.reduce((sum, task) => sum + blockCount(task.stored, manifest.profile), 0);
  let buffer = await pool.take(SEGMENT_BYTES);
  let ends: number[] = [];
  let at = 0;
  for (; blocks > 0; blocks--) {
    const length = await frames.nextLength();
    if (length === undefined) throw wrongBlocks("the pieces end too early");
    if (length < CID_BYTES) throw wrongBlocks("a block has no CID");
    if (at + length > buffer.byteLength) {
      await target.deliver({ buffer, ends });
      buffer = await pool.take(SEGMENT_BYTES);
      ends = [];
      at = 0;
    }
    const reading = frames.readInto(new Uint8Array(buffer, at, length));
    if (reading) await reading;
    at += length;
    ends.push(at);
  }
  await target.deliver({ buffer, ends });
}
