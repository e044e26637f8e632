import { Worker } from "node:worker_threads";
import { CairnError } from "@cairn/protocol/errors";
import type { Delivery, FromRestoreWorker, RestoreSettings, RestoreTask, ToRestoreWorker } from "./messages.ts";
import { FileRestorer } from "./restore-files.ts";

/** Where jobs and their blocks go. */
export interface RestoreTarget {
  /** Begins a job; the deliveries that follow belong to it. */
  begin(files: RestoreTask[]): void;
  deliver(delivery: Delivery): Promise<void>;
  /** Waits until all that was delivered is written. */
  finish(): Promise<void>;
  /** Stops at once. */
  stop(): Promise<void>;
}

export interface RestoreEvents {
  /** `bytes` were written and `files` completed; `buffer` may be reused. */
  delivered(buffer: ArrayBuffer, bytes: number, files: number): void;
  failed(error: unknown): void;
}

/** Restores in the caller's thread; for a few small files. */
export async function restoreHere(settings: RestoreSettings, events: RestoreEvents): Promise<RestoreTarget> {
  const restorer = await FileRestorer.create(settings);
  return {
    begin: (files) => restorer.begin(files),
    async deliver(delivery) {
      const { bytes, files } = await restorer.take(delivery);
      events.delivered(delivery.buffer, bytes, files);
    },
    finish: async () => undefined,
    stop: async () => restorer.abandon(),
  };
}

interface Lane {
  worker: Worker;
  /** Deliveries on the way. */
  load: number;
}

/** Restores on worker threads, each job on the one with the least to do. */
export function restoreOnThreads(settings: RestoreSettings, threads: number, events: RestoreEvents): RestoreTarget {
  let lane: Lane | undefined;
  let waiting: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  let failure: { error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    events.failed(error);
    waiting?.reject(error);
  };
  const lanes = Array.from({ length: threads }, (): Lane => {
    const made: Lane = {
      worker: new Worker(new URL("./restore-worker.ts", import.meta.url), { workerData: settings, execArgv: [] }),
      load: 0,
    };
    made.worker.on("message", (message: FromRestoreWorker) => {
      if (message.type === "failed") {
        fail(CairnError.fromJSON(message.error));
        return;
      }
      made.load--;
      events.delivered(message.buffer, message.bytes, message.files);
      if (lanes.every((each) => each.load === 0)) waiting?.resolve();
    });
    made.worker.on("error", fail);
    return made;
  });
  const send = (target: Lane, message: ToRestoreWorker, transfer: ArrayBuffer[] = []): void =>
    target.worker.postMessage(message, transfer);
  return {
    begin(files) {
      const next = lanes.reduce((least, each) => (each.load < least.load ? each : least));
      lane = next;
      send(next, { type: "job", files });
    },
    async deliver(delivery) {
      if (!lane) throw new RangeError("a delivery belongs to a job");
      lane.load++;
      send(lane, { type: "blocks", delivery }, [delivery.buffer]);
    },
    finish() {
      if (failure) return Promise.reject(failure.error);
      if (lanes.every((each) => each.load === 0)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
      });
    },
    async stop() {
      await Promise.all(lanes.map((each) => each.worker.terminate()));
    },
  };
}
