import type { BlobStore } from "@cairn/core";

/** How far a copy is. */
export interface Copied {
  objects: number;
  bytes: number;
}

/**
 * Copy every object that `to` does not have. Broken off at any instant it goes on where it was when it is called again: what is there is passed over.
 *
 * @param onProgress told after each object, of how many have been looked at and how many bytes they have
 * @throws what either store throws, and the reason of `signal`
 */
export async function copyBlobs(
  from: Pick<BlobStore, "list" | "read">,
  to: Pick<BlobStore, "putIfAbsent">,
  { onProgress, signal }: { onProgress?(done: Copied): void; signal?: AbortSignal } = {},
): Promise<Copied> {
  const done: Copied = { objects: 0, bytes: 0 };
  for await (const { key, size } of from.list("")) {
    signal?.throwIfAborted();
    await to.putIfAbsent(key, from.read(key));
    done.objects++;
    done.bytes += size;
    onProgress?.({ ...done });
  }
  return done;
}
