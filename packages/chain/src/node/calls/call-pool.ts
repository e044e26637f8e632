import { Worker } from "node:worker_threads";
import { CairnError } from "@cairn/protocol";
import { limitExceeded, RpcError } from "../rpc-error.ts";
import { FairQueue } from "./fair-queue.ts";
import type { CallJob, CallResult, WorkerAnswer, WorkerSettings } from "./types.ts";

export interface CallLimits {
  /** Time that one call may take; its thread is ended with it. */
  callMilliseconds: number;
  /** Processor time of all calls of one batch; the rest of the batch is refused. */
  batchMilliseconds: number;
  /** Calls that may wait, in all and of one connection. */
  callsWaiting: number;
  callsWaitingOfConnection: number;
  callThreads: number;
}

/**
 * A call of the contracts takes some 10 ms of processor time, so that these leave room for a machine thirty times overloaded; the most gas that
 * a call may use takes about two seconds in ordinary code, and minutes in precompiled contracts alone.
 */
export const CALL_LIMITS: CallLimits = {
  callMilliseconds: 10_000,
  batchMilliseconds: 5_000,
  callsWaiting: 512,
  callsWaitingOfConnection: 128,
  callThreads: 2,
};

/** Who asks: calls of one connection share its turns, those of one batch share a budget as well. */
export interface Caller {
  connection: object;
  batch: { milliseconds: number };
}

interface Task {
  job: CallJob;
  caller: Caller;
  resolve: (result: CallResult) => void;
  reject: (error: unknown) => void;
}

interface Thread {
  worker: Worker;
  task: Task | undefined;
  /** Whether its modules are loaded: the time of a call begins no sooner. */
  ready: boolean;
  timer: NodeJS.Timeout | undefined;
  began: number;
}

/** Old objects of a thread; the caches below it are byte arrays outside of it. */
const HEAP_MIB = 256;
/** For a thread to load its modules on an overloaded machine. */
const START_MILLISECONDS = 120_000;
/** Trie nodes and code that each thread keeps. */
const NODE_CACHE_BYTES = 16 * 1024 * 1024;

/**
 * Carries out `eth_call` and `eth_estimateGas` in threads beside the one that makes blocks. Connections take turns by what they have used, and
 * none has all threads at once, so that one that sends endless calls delays its own.
 */
export class CallPool {
  readonly #settings: WorkerSettings;
  readonly #limits: CallLimits;
  readonly #queue: FairQueue<Task>;
  readonly #threads: Thread[] = [];
  #closed = false;

  constructor(settings: Omit<WorkerSettings, "nodeCacheBytes">, limits: CallLimits) {
    this.#settings = { ...settings, nodeCacheBytes: NODE_CACHE_BYTES };
    this.#limits = limits;
    this.#queue = new FairQueue({ waiting: limits.callsWaiting, waitingOfClient: limits.callsWaitingOfConnection });
  }

  /** Load the first thread, so that the first call need not wait for it. */
  warmUp(): void {
    if (this.#threads.length === 0 && !this.#closed) this.#start();
  }

  /** @throws RpcError: the call's own refusal or revert, or -32005 when a limit is reached */
  run(job: CallJob, caller: Caller): Promise<CallResult> {
    return new Promise((resolve, reject) => {
      if (caller.batch.milliseconds >= this.#limits.batchMilliseconds) {
        reject(limitExceeded("the batch has used its time for calls", "Send the rest of the calls in another batch."));
      } else if (this.#closed) {
        reject(stopping());
      } else if (this.#queue.add(caller.connection, { job, caller, resolve, reject })) {
        this.#dispatch();
      } else {
        reject(limitExceeded("too many calls are waiting", "Send the call again in a moment."));
      }
    });
  }

  /** A connection has ended: nobody waits for its calls any more. */
  forget(connection: object): void {
    for (const task of this.#queue.drop(connection)) task.reject(stopping());
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) next.work.reject(stopping());
    await Promise.all(this.#threads.splice(0).map((thread) => this.#end(thread, stopping())));
  }

  #dispatch(): void {
    while (!this.#closed && this.#queue.size > 0) {
      const free = this.#threads.find((thread) => thread.task === undefined);
      if (free === undefined && this.#threads.length >= this.#limits.callThreads) return;
      const next = this.#queue.take((client) => this.#mayRun(client));
      if (next === undefined) return;
      this.#begin(free ?? this.#start(), next.work);
    }
  }

  /** One connection leaves a thread to the others. */
  #mayRun(connection: object): boolean {
    const running = this.#threads.filter(({ task }) => task?.caller.connection === connection).length;
    return running < Math.max(1, this.#limits.callThreads - 1);
  }

  #begin(thread: Thread, task: Task): void {
    thread.task = task;
    this.#watch(thread);
    thread.worker.postMessage(task.job);
  }

  #watch(thread: Thread): void {
    clearTimeout(thread.timer);
    thread.began = performance.now();
    if (thread.task === undefined) return;
    const longest = thread.ready ? this.#limits.callMilliseconds : START_MILLISECONDS;
    thread.timer = setTimeout(() => this.#late(thread), longest);
  }

  #start(): Thread {
    const worker = new Worker(new URL("./call-worker.ts", import.meta.url), {
      workerData: this.#settings,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    const thread: Thread = { worker, task: undefined, ready: false, timer: undefined, began: 0 };
    worker.on("message", (message: WorkerAnswer | "ready") => {
      if (message === "ready") {
        thread.ready = true;
        this.#watch(thread);
      } else this.#onAnswer(thread, message);
    });
    worker.on("error", (error) => this.#lost(thread, error));
    worker.on("exit", () => this.#lost(thread, new Error("the thread ended")));
    worker.unref();
    this.#threads.push(thread);
    return thread;
  }

  /** The task of a thread is over, and has cost so much. */
  #finish(thread: Thread, milliseconds: number): Task | undefined {
    const { task } = thread;
    clearTimeout(thread.timer);
    thread.task = undefined;
    if (task === undefined) return undefined;
    task.caller.batch.milliseconds += milliseconds;
    this.#queue.charge(task.caller.connection, milliseconds);
    return task;
  }

  #onAnswer(thread: Thread, answer: WorkerAnswer): void {
    const task = this.#finish(thread, answer.cpu);
    if (task !== undefined) settle(task, answer);
    this.#dispatch();
  }

  #late(thread: Thread): void {
    const seconds = this.#limits.callMilliseconds / 1000;
    this.#remove(thread);
    void this.#end(thread, limitExceeded(`the call took longer than ${seconds} s`, "Ask for less in one call."));
    this.#dispatch();
  }

  #lost(thread: Thread, cause: unknown): void {
    if (!this.#remove(thread)) return;
    const outOfMemory = (cause as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY";
    const error = outOfMemory ? limitExceeded("the call took too much memory", "Ask for less in one call.") : cause;
    void this.#end(thread, error);
    this.#dispatch();
  }

  #remove(thread: Thread): boolean {
    const at = this.#threads.indexOf(thread);
    if (at >= 0) this.#threads.splice(at, 1);
    return at >= 0;
  }

  async #end(thread: Thread, error: unknown): Promise<void> {
    this.#finish(thread, performance.now() - thread.began)?.reject(error);
    await thread.worker.terminate();
  }
}

function settle(task: Task, answer: WorkerAnswer): void {
  if ("result" in answer) task.resolve(answer.result);
  else if ("refusal" in answer) {
    const { rpcCode, data, error } = answer.refusal;
    task.reject(new RpcError(rpcCode, error.message, CairnError.fromJSON(error), data));
  } else if ("unavailable" in answer) task.reject(CairnError.fromJSON(answer.unavailable));
  else task.reject(new Error(answer.defect));
}

function stopping(): CairnError {
  return new CairnError("the chain is stopping", {
    code: "stopping",
    kind: "unavailable",
    next: "Try again when the chain runs.",
  });
}
