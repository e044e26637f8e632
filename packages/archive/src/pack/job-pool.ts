import { CairnError } from "@cairn/protocol/errors";
import type { FromPackWorker, Segment, ToPackWorker } from "./messages.ts";

/** Jobs that a worker has before it asks for more: the next one is there when it finishes one. */
const AHEAD = 2;

/** A worker that packs, of whatever platform. */
export interface PackThread<Task> {
  post(message: ToPackWorker<Task>, transfer: ArrayBuffer[]): void;
  /** What it says, and what it failed with beside that. */
  listen(onMessage: (message: FromPackWorker) => void, onError: (error: unknown) => void): void;
  stop(): unknown;
}

/**
 * Runs the jobs on workers and hands their segments to `consume` in the order of the jobs.
 * A segment's buffer goes back to its worker when `consume` is done with it, so memory stays bounded.
 */
export async function runOnThreads<Task>(
  jobs: Task[][],
  threads: readonly PackThread<Task>[],
  consume: (segment: Segment) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const pool = new JobPool(jobs, threads);
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

class JobPool<Task> {
  private readonly jobs: Task[][];
  private readonly threads: readonly PackThread<Task>[];
  private readonly arrived = new Map<number, Arrived[]>();
  private nextJob = 0;
  private waiting: { job: number; resolve: (arrived: Arrived) => void; reject: (error: unknown) => void } | undefined;
  private failure: { error: unknown } | undefined;

  constructor(jobs: Task[][], threads: readonly PackThread<Task>[]) {
    this.jobs = jobs;
    this.threads = threads;
    for (const thread of threads) {
      thread.listen(
        (message) => {
          if (message.type === "failed") this.fail(CairnError.fromJSON(message.error));
          else this.accept(thread, message.segment);
        },
        (error) => this.fail(error),
      );
    }
    for (let round = 0; round < AHEAD; round++) for (const thread of threads) this.assign(thread);
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
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }

  private accept(thread: PackThread<Task>, segment: Segment): void {
    if (segment.last) this.assign(thread);
    const giveBack = (): void => thread.post({ type: "buffer", buffer: segment.buffer }, [segment.buffer]);
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

  private assign(thread: PackThread<Task>): void {
    const files = this.jobs[this.nextJob];
    if (files) thread.post({ type: "job", job: this.nextJob++, files }, []);
  }
}
