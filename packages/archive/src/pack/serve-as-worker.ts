import { asCairnError } from "@cairn/protocol/errors";
import { BufferPool } from "./buffer-pool.ts";
import type { BlobTask, FromPackWorker, PackSettings, ToPackWorker } from "./messages.ts";
import { BlobPacker } from "./pack-blobs.ts";

/** Segments that one worker may have on the way: 3 of 4 MiB. */
const BUFFERS = 3;

/** A dedicated worker's own scope, as far as this needs it. */
interface WorkerScope {
  postMessage(message: FromPackWorker, transfer: ArrayBuffer[]): void;
  onmessage: ((event: { data: never }) => unknown) | null;
}

type Told = { type: "settings"; settings: PackSettings } | ToPackWorker<BlobTask>;

/** Packs what the page sends; the script of a page's worker consists of this call. */
export function serveAsWorker(scope: WorkerScope = globalThis as unknown as WorkerScope): void {
  const pool = new BufferPool(BUFFERS);
  let work: Promise<BlobPacker | undefined> = Promise.resolve(undefined);
  const failed = (error: unknown): undefined => {
    scope.postMessage({ type: "failed", error: asCairnError(error).toJSON() }, []);
    return undefined;
  };
  scope.onmessage = ({ data }: { data: Told }) => {
    if (data.type === "buffer") pool.give(data.buffer);
    else if (data.type === "settings") {
      work = BlobPacker.create(data.settings, {
        take: (bytes) => pool.take(bytes),
        send: (segment) => scope.postMessage({ type: "segment", segment }, [segment.buffer]),
      }).catch(failed);
    } else {
      work = work.then(async (packer) => {
        try {
          await packer?.pack(data.job, data.files);
          return packer;
        } catch (error) {
          return failed(error);
        }
      });
    }
  };
}
