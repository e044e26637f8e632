import { Worker } from "node:worker_threads";
import { CairnError } from "@cairn/protocol/errors";
import { LocalSegments } from "./local-segments.ts";
import type { FileTask, FromPackWorker, PackSettings, Segment, ToPackWorker } from "./messages.ts";
import { FilePacker } from "./pack-files.ts";

/** Jobs that a worker has before it asks for more: the next one is there when it finishes one. */
const AHEAD = 2;

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

/**
 * Runs the jobs on worker threads and hands their segments to `consume` in the order of the jobs.
 * A segment's buffer goes back to its worker when `consume` is done with it, so memory stays bounded.
 */
export async function runJobs(
  jobs: FileTask[][],
  settings: PackSettings,
  threads: number,
  consume: (segment: Segment) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const pool = new WorkerPool(jobs, settings, Math.min(threads, jobs.length));
  const abort = (): void => pool.fail(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    for (let job = 0; job < jobs.length; job++) {
      for (let last = false; !last; ) {
        const { segment, giveBack } = await pool.next(job);
        last = segment.last;
        await consume(segment);
        giveBack();
      }
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    await pool.stop();
  }
}

interface Arrived {
  segment: Segment;
  giveBack: () => void;
}

class WorkerPool {
  private readonly jobs: FileTask[][];
  private readonly workers: Worker[] = [];
  private readonly arrived = new Map<number, Arrived[]>();
  private nextJob = 0;
  private waiting: { job: number; resolve: (arrived: Arrived) => void; reject: (error: unknown) => void } | undefined;
  private failure: { error: unknown } | undefined;

  constructor(jobs: FileTask[][], settings: PackSettings, threads: number) {
    this.jobs = jobs;
    for (let index = 0; index < threads; index++) this.start(settings);
    for (let round = 0; round < AHEAD; round++) for (const worker of this.workers) this.assign(worker);
  }

  next(job: number): Promise<Arrived> {
    if (this.failure) return Promise.reject(this.failure.error);
    const queue = this.arrived.get(job);
    const first = queue?.shift();
    if (queue?.length === 0) this.arrived.delete(job);
    if (first) return Promise.resolve(first);
    return new Promise((resolve, reject) => {
      this.waiting = { job, resolve, reject };
    });
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.waiting?.reject(this.failure.error);
    this.waiting = undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private start(settings: PackSettings): void {
    const worker = new Worker(new URL("./pack-worker.ts", import.meta.url), { workerData: settings, execArgv: [] });
    this.workers.push(worker);
    worker.on("message", (message: FromPackWorker) => {
      if (message.type === "failed") this.fail(CairnError.fromJSON(message.error));
      else this.accept(worker, message.segment);
    });
    worker.on("error", (error) => this.fail(error));
  }

  private accept(worker: Worker, segment: Segment): void {
    if (segment.last) this.assign(worker);
    const giveBack = (): void => {
      const message: ToPackWorker = { type: "buffer", buffer: segment.buffer };
      worker.postMessage(message, [segment.buffer]);
    };
    const arrived = { segment, giveBack };
    if (this.waiting?.job === segment.job) {
      this.waiting.resolve(arrived);
      this.waiting = undefined;
      return;
    }
    const queue = this.arrived.get(segment.job);
    if (queue) queue.push(arrived);
    else this.arrived.set(segment.job, [arrived]);
  }

  private assign(worker: Worker): void {
    const files = this.jobs[this.nextJob];
    if (!files) return;
    const message: ToPackWorker = { type: "job", job: this.nextJob++, files };
    worker.postMessage(message);
  }
}
