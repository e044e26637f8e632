import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { makeFolders, syncDirectory } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";

const PREFIX = ".cairn-offline-";

/**
 * Fill a folder that is not there, or empty, in one step: work writes into a hidden one beside it, which takes the name when all is done and
 * is removed when anything fails. The hidden one is made when it is first asked for, so that what is read meanwhile is listed without it.
 * @throws CairnError `destination-not-empty`, `unwritable-path`, `no-space`, and what the work throws
 */
export async function stageFolder<T>(
  destination: string,
  work: (folder: () => Promise<string>) => Promise<T>,
): Promise<T> {
  const target = resolve(destination);
  await requireFree(target);
  let staged: Promise<string> | undefined;
  const folder = () => {
    staged ??= begin(target);
    return staged;
  };
  try {
    const result = await work(folder);
    const made = await folder();
    await syncDirectory(made);
    // Takes the place of an empty folder, of no other.
    await rename(made, target);
    await syncDirectory(dirname(target));
    return result;
  } catch (error) {
    const made = await staged?.catch(() => undefined);
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw inWords(error, target);
  }
}

async function begin(target: string): Promise<string> {
  makeFolders(dirname(target));
  return mkdtemp(join(dirname(target), PREFIX));
}

async function requireFree(target: string): Promise<void> {
  const entries = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return [target];
    throw inWords(error, target);
  });
  if (entries.length > 0) throw taken(target);
}

const taken = (target: string) =>
  new CairnError(`${target} is there and not an empty folder`, {
    code: "destination-not-empty",
    kind: "conflict",
    next: "Name another folder with -o: nothing is written over.",
    details: { path: target },
  });

function inWords(error: unknown, target: string): unknown {
  const system = error as NodeJS.ErrnoException;
  if (error instanceof CairnError || typeof system.code !== "string" || typeof system.syscall !== "string")
    return error;
  if (system.code === "ENOTEMPTY" || system.code === "EEXIST" || system.code === "ENOTDIR") return taken(target);
  const full = system.code === "ENOSPC" || system.code === "EDQUOT";
  return new CairnError(
    full ? `there is no space left for ${target}` : `${target} cannot be written (${system.code})`,
    {
      code: full ? "no-space" : "unwritable-path",
      kind: full ? "exhausted" : "input",
      next: full ? "Free some space, or choose another destination." : "Choose another destination.",
      details: { path: target },
      cause: error,
    },
  );
}
