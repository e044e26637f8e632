import { Worker } from "node:worker_threads";
import { CairnError, type ErrorBody } from "@cairn/protocol/errors";
import type { EncodedContent, EncodeJob } from "./encode.ts";

/** A thread that has had nothing to do for this long ends, and its memory with it. */
const IDLE_MILLISECONDS = 5000;

type Outcome = { encoded: EncodedContent } | { error: ErrorBody };

function stopping(): CairnError {
  return new CairnError("the pool of chunks is stopping", {
    code: "stopping",
    kind: "unavailable",
    next: "Try again when the node runs.",
  });
}

/** Encodes content in one worker thread of low priority, one job after the other. */
export class Encoder {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #fail: (error: unknown) => void = () => undefined;

  /**
   * Waits for earlier jobs first.
   *
   * @throws CairnError `stopping` when the encoder is stopped before the job is done, `worker-ended`
   */
  encode(job: EncodeJob): Promise<EncodedContent> {
    const result = this.#last.then(() => this.#run(job));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Ends the thread, and whatever it is doing. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#fail(stopping());
    await this.#end();
  }

  #run(job: EncodeJob): Promise<EncodedContent> {
    clearTimeout(this.#idle);
    if (this.#stopped) return Promise.reject(stopping());
    const worker = this.#start();
    return new Promise<EncodedContent>((resolve, reject) => {
      this.#fail = reject;
      worker.once("message", (outcome: Outcome) => {
        if ("encoded" in outcome) resolve(outcome.encoded);
        else reject(CairnError.fromJSON(outcome.error));
      });
      worker.postMessage(job);
    }).finally(() => {
      this.#fail = () => undefined;
      this.#idle = setTimeout(() => void this.#end(), IDLE_MILLISECONDS);
      this.#idle.unref();
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./encode-worker.ts", import.meta.url), { execArgv: [] });
    const drop = (error: unknown) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#fail(error);
    };
    worker.on("error", drop);
    worker.on("exit", (code) =>
      drop(new CairnError(`a worker thread ended with code ${code}`, { code: "worker-ended", kind: "internal" })),
    );
    this.#worker = worker;
    return worker;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
