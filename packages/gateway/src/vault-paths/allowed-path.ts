import { CairnError } from "@cairn/protocol/errors";

/** PATH_MAX of Linux, without its zero byte. */
const LONGEST = 4095;

/** Whether a path is written as the system itself writes one: absolute, without empty, `.` or `..` segments. */
function isPlain(path: string): boolean {
  if (!path.startsWith("/") || path.includes("\0") || !path.isWellFormed()) return false;
  if (Buffer.byteLength(path) > LONGEST) return false;
  return (
    path === "/" ||
    path
      .slice(1)
      .split("/")
      .every((one) => one !== "" && one !== "." && one !== "..")
  );
}

/**
 * The folder that a path is at or below, by its text alone: nothing is asked of the file system, which may not answer, and nobody learns what there is
 * elsewhere. Where its links lead is seen by whoever reads (`realPlace`).
 * @param folders absolute, without a slash at the end
 * @throws CairnError `path-not-allowed`
 */
export function folderOf(path: string, folders: readonly string[]): string {
  const found = isPlain(path)
    ? folders.find((one) => path === one || path.startsWith(one === "/" ? one : `${one}/`))
    : undefined;
  if (found !== undefined) return found;
  throw notAllowed(
    folders.length === 0
      ? "the operator of this gateway lets nobody store from its machine"
      : "the path is not at or below a folder that this gateway's users may store from",
  );
}

export function notAllowed(message: string): CairnError {
  return new CairnError(message, { code: "path-not-allowed", kind: "input", details: { field: "path" } });
}
