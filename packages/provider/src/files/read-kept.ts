import { readFile } from "node:fs/promises";
import { CairnError } from "@cairn/protocol";

/**
 * The text of a file that this provider keeps; undefined when there is none. A file that is there and cannot be read says nothing of its
 * contents: whoever would remove something for it must stop instead.
 * @throws CairnError `file-unreadable`
 */
export async function readKept(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code = "an unknown error" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new CairnError(`cannot read ${path}: ${code}`, {
      code: "file-unreadable",
      kind: "unavailable",
      next: `Make ${path} readable to this process (its owner and mode, the disk under it, the limit of open files), then start the provider again. Nothing was removed.`,
      details: { path, reason: code },
      cause,
    });
  }
}
