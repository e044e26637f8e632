import { Worker } from "node:worker_threads";
import { type PackThread, runOnThreads } from "./job-pool.ts";
import { LocalSegments } from "./local-segments.ts";
import type { FileTask, PackSettings, Segment } from "./messages.ts";
import { FilePacker } from "./pack-files.ts";

/** Runs the jobs in the caller's thread; for a few small files, where starting workers would take longer. */
export async function runJobsHere(
  jobs: FileTask[][],
  settings: PackSettings,
  consume: (segment: Segment) => Promise<void>,
): Promise<void> {
  const segments = new LocalSegments(consume);
  const packer = await FilePacker.create(settings, segments);
  for (const [job, files] of jobs.entries()) {
    await packer.pack(job, files);
    await segments.drain();
  }
}

/** Runs the jobs on at most so many worker threads, as `runOnThreads` does. */
export function runJobs(
  jobs: FileTask[][],
  settings: PackSettings,
  threads: number,
  consume: (segment: Segment) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const started = Array.from({ length: Math.min(threads, jobs.length) }, () => startThread(settings));
  return runOnThreads(jobs, started, consume, signal);
}

function startThread(settings: PackSettings): PackThread<FileTask> {
  const worker = new Worker(new URL("./pack-worker.ts", import.meta.url), { workerData: settings, execArgv: [] });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onMessage, onError) => void worker.on("message", onMessage).on("error", onError),
    stop: () => worker.terminate(),
  };
}
