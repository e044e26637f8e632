import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CairnError, type ErrorBody } from "@cairn/protocol";
import type { FrameBatch, KernelAnswers, KernelJob } from "./jobs.ts";

type Emit = (batch: FrameBatch) => Promise<void>;

interface Task {
  job: KernelJob;
  emit: Emit | undefined;
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
}

interface Thread {
  worker: Worker;
  task: Task | undefined;
}

const IDLE_MILLISECONDS = 60_000;
/** Kernels work in buffers of their own; a large young generation would only cost memory. */
const YOUNG_GENERATION_MIB = 4;

/** Worker threads for hashing and erasure coding; started when first needed and ended after a minute without work. */
export class KernelPool {
  readonly #size: number;
  readonly #idleMilliseconds: number;
  readonly #threads: Thread[] = [];
  readonly #queue: Task[] = [];
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(size = Math.min(4, availableParallelism()), idleMilliseconds = IDLE_MILLISECONDS) {
    this.#size = size;
    this.#idleMilliseconds = idleMilliseconds;
  }

  get size(): number {
    return this.#size;
  }

  /** Run a job; one with `emit` gives its batches to it, in order. */
  run<J extends KernelJob>(job: J, emit?: Emit): Promise<KernelAnswers[J["kind"]]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(closed());
        return;
      }
      clearTimeout(this.#idle);
      this.#queue.push({ job, emit, resolve: resolve as (answer: unknown) => void, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    for (const task of this.#queue.splice(0)) task.reject(closed());
    await this.#endThreads();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const free = this.#threads.find((thread) => thread.task === undefined);
      if (!free && this.#threads.length >= this.#size) return;
      const thread = free ?? this.#start();
      thread.task = this.#queue.shift()!;
      thread.worker.postMessage(thread.task.job);
    }
    clearTimeout(this.#idle);
    if (this.#closed || this.#threads.length === 0 || this.#threads.some((thread) => thread.task)) return;
    this.#idle = setTimeout(() => void this.#endThreads(), this.#idleMilliseconds);
    this.#idle.unref();
  }

  #start(): Thread {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    const thread: Thread = { worker, task: undefined };
    const drop = (error: unknown) => {
      this.#takeOut(thread);
      thread.task?.reject(error);
      thread.task = undefined;
      if (!this.#closed) this.#dispatch();
    };
    worker.on("message", (message) => void this.#onMessage(thread, message));
    worker.on("error", drop);
    worker.on("exit", (code) =>
      drop(new CairnError(`a worker thread ended with code ${code}`, { code: "worker-ended", kind: "internal" })),
    );
    worker.unref();
    this.#threads.push(thread);
    return thread;
  }

  #takeOut(thread: Thread): void {
    const at = this.#threads.indexOf(thread);
    if (at >= 0) this.#threads.splice(at, 1);
  }

  async #onMessage(
    thread: Thread,
    message: { batch: FrameBatch } | { answer: unknown } | { error: ErrorBody },
  ): Promise<void> {
    const { task } = thread;
    if (!task) return;
    if ("batch" in message) {
      try {
        await task.emit?.(message.batch);
        thread.worker.postMessage({ acknowledged: true });
      } catch (error) {
        // The scan cannot be told to stop half-way: its thread ends with it, and is to get no other task before.
        this.#takeOut(thread);
        thread.task = undefined;
        task.reject(error);
        this.#dispatch();
        await thread.worker.terminate();
      }
      return;
    }
    thread.task = undefined;
    if ("error" in message) task.reject(CairnError.fromJSON(message.error));
    else task.resolve(message.answer);
    this.#dispatch();
  }

  async #endThreads(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.worker.terminate()));
  }
}

function closed(): CairnError {
  return new CairnError("the market is stopping", {
    code: "stopping",
    kind: "unavailable",
    next: "Try again when the gateway runs.",
  });
}
