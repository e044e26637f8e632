import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from "node:fs";

const LONGEST_LOG = 16 * 1024 * 1024;

/** Keep the server's log below 16 MiB, with one older part beside it; the server appends, so the file can be cut under it. */
export function rotateLog(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.size < LONGEST_LOG) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
}

/** At most the last `bytes` of the log from offset `from` on. */
export function logTail(path: string, from: number, bytes = 2_000): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const start = Math.max(size < from ? 0 : from, size - bytes);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString("utf8").trim();
  } finally {
    closeSync(file);
  }
}

/** The last line of a PostgreSQL program's output that says what went wrong, without its stamp; undefined when there is none. */
export function lastComplaint(output: string): string | undefined {
  const lines = output.split("\n").map((line) => /(?:FATAL|PANIC|ERROR|error|fatal):\s+(.*)/.exec(line)?.[1]?.trim());
  return lines.findLast((line) => line !== undefined && line !== "");
}
