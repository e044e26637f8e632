import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { PieceHasher, pieceCidV1, pieceCidV2 } from "@cairn/proofs";
import { CairnError } from "@cairn/protocol/errors";

export interface Commitment {
  /** Payload bytes: of the file as it is. */
  bytes: number;
  /** Of the piece: the payload with fr32's bits, padded to a power of two. */
  paddedBytes: number;
  /** FRC-0069: `bafkzci…`, which says also how long the payload is. */
  pieceCid: string;
  /** `baga6ea4seaq…`, which most deal makers take. */
  pieceCidV1: string;
}

/**
 * The piece commitment (CommP) of a file, read once from begin to end.
 * @throws CairnError `unreadable-path`, `bad-length` (above 127 GiB)
 */
export async function commitFile(
  path: string,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<Commitment> {
  const file = await open(resolve(path)).catch((cause: unknown) => Promise.reject(unreadable(path, cause)));
  try {
    const { size } = await file.stat();
    const hasher = new PieceHasher();
    for (let done = 0; ; ) {
      signal?.throwIfAborted();
      const space = hasher.space();
      const { bytesRead } = await file
        .read(space, 0, space.length, null)
        .catch((cause: unknown) => Promise.reject(unreadable(path, cause)));
      if (bytesRead === 0) break;
      hasher.advance(bytesRead);
      done += bytesRead;
      onProgress?.(done, Math.max(size, done));
    }
    const { root, paddedSize, rawLength } = hasher.digest();
    return {
      bytes: rawLength,
      paddedBytes: paddedSize,
      pieceCid: pieceCidV2(root, rawLength).toString(),
      pieceCidV1: pieceCidV1(root).toString(),
    };
  } finally {
    await file.close();
  }
}

const unreadable = (path: string, cause: unknown) =>
  new CairnError(`${resolve(path)} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, {
    code: "unreadable-path",
    kind: "input",
    next: "Name a file that is there and that you may read.",
    details: { path: resolve(path) },
    cause,
  });
