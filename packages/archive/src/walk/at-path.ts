import { closeSync, constants, openSync } from "node:fs";

/** Longest path of one system call, its zero byte included (PATH_MAX in limits.h of Linux). */
const PATH_MAX = 4096;
/** Bytes taken in one step; leaves room for `/proc/self/fd/N/`. */
const STEP = 4000;
/** O_PATH (fcntl.h of Linux): a handle on a directory that may be searched, even one that may not be listed. */
export const O_PATH = 0o10000000;
const SLASH = 0x2f;

/**
 * Calls `act` with a path that the system takes for `path`: itself, or, where it is longer than one system call allows, one by way of
 * open directories above it. Trees may be deeper than PATH_MAX; the way of openat(2), which Node does not have. `act` must not wait.
 */
export function atPath<T>(path: Uint8Array, act: (path: Buffer) => T): T {
  let rest = Buffer.from(path.buffer, path.byteOffset, path.length);
  if (rest.length < PATH_MAX || process.platform !== "linux") return act(rest);
  let above: number | undefined;
  try {
    while (rest.length >= STEP) {
      // A segment has at most 255 bytes, so there is a slash.
      const cut = rest.lastIndexOf(SLASH, STEP);
      if (cut <= 0) break;
      const next = openSync(below(above, rest.subarray(0, cut)), O_PATH | constants.O_DIRECTORY);
      if (above !== undefined) closeSync(above);
      above = next;
      rest = rest.subarray(cut + 1);
    }
    return act(below(above, rest));
  } finally {
    if (above !== undefined) closeSync(above);
  }
}

function below(directory: number | undefined, path: Buffer): Buffer {
  return directory === undefined ? path : Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), path]);
}
