import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DRAFT, syncDirectory, writeDurably as write } from "@cairn/process";
import { CairnError } from "@cairn/protocol";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** A failed write as CairnError `full` when the disk took no more; anything else as it was. */
export function asDiskError(thrown: unknown): unknown {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined || !FULL.has(code)) return thrown;
  return new CairnError("the disk is full", {
    code: "full",
    kind: "exhausted",
    next: "Free space on the provider's disk, or lower its capacity.",
    cause: thrown,
  });
}

/** A directory and its parents, whose entries are on the disk when this resolves. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncDirectory(dirname(path));
}

/**
 * `writeDurably` of a disk that may be full.
 * @throws CairnError `full`
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await write(path, content).catch((error) => {
    throw asDiskError(error);
  });
}

export async function sweepDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (DRAFT.test(name)) await rm(join(directory, name), { force: true });
  }
}

/** Remove a directory whole or not at all as others see it: it is renamed into `trash` first, which is emptied at every start. */
export async function removeDirectory(path: string, trash: string): Promise<void> {
  const doomed = join(trash, randomBytes(8).toString("hex"));
  try {
    await rename(path, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await syncDirectory(dirname(path));
  await rm(doomed, { recursive: true, force: true });
}
