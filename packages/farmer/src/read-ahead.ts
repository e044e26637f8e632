import type { FileHandle } from "node:fs/promises";

const AHEAD_BYTES = 256 * 1024;

/**
 * A reader of ranges of an open file; fewer bytes come back only at its end. Where one range follows upon another it reads further than
 * it is asked, since a Swizzle challenge may go through the whole file 1280 bytes at a time.
 */
export function readAhead(file: FileHandle): (offset: number, length: number) => Promise<Uint8Array> {
  let kept: Buffer = Buffer.alloc(0);
  let keptFrom = 0;
  let next = -1;
  return async (offset, length) => {
    if (offset < keptFrom || offset + length > keptFrom + kept.length) {
      const wanted = offset === next ? Math.max(length, AHEAD_BYTES) : length;
      const bytes = Buffer.allocUnsafe(wanted);
      let read = 0;
      while (read < wanted) {
        const { bytesRead } = await file.read(bytes, read, wanted - read, offset + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      kept = bytes.subarray(0, read);
      keptFrom = offset;
    }
    next = offset + length;
    return kept.subarray(offset - keptFrom, offset - keptFrom + length);
  };
}
