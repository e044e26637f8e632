import type { PackThread } from "./job-pool.ts";
import type { BlobTask, FromPackWorker, PackSettings } from "./messages.ts";

/** What this needs of a browser's `Worker`. */
export interface WebWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): void;
  onmessage: ((event: { data: never }) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
}

/** Starts a worker of a page's own, whose script calls `serveAsWorker`. */
export type StartWorker = () => WebWorker;

/** A worker of a page that packs under these settings. */
export function threadOf(worker: WebWorker, settings: PackSettings): PackThread<BlobTask> {
  worker.postMessage({ type: "settings", settings }, []);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onMessage, onError) {
      worker.onmessage = ({ data }: { data: FromPackWorker }) => onMessage(data);
      worker.onerror = ({ message }: { message?: string }) =>
        onError(new Error(`a worker of this page failed: ${message ?? "its script does not load"}`));
    },
    stop: () => worker.terminate(),
  };
}
