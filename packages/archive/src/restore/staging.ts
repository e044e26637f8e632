import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir, stat, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CairnError } from "@cairn/core/errors";
import { writeFailed } from "./errors.ts";

const PREFIX = ".cairn-restore-";

/**
 * Where a restore writes until all of it is verified: a hidden folder inside the destination, or beside it for a single
 * file. Nothing else appears before `promote`, which only renames.
 */
export class Staging {
  /** The hidden folder. */
  readonly folder: string;
  /** Where the root entry ends up. */
  readonly target: string;
  private readonly single: boolean;
  private readonly created: string | undefined;

  private constructor(folder: string, target: string, single: boolean, created: string | undefined) {
    this.folder = folder;
    this.target = target;
    this.single = single;
    this.created = created;
  }

  /**
   * @param destination for a folder: absent or an empty folder. For a single file: absent, or an empty folder that gets the file under its name
   * @param need bytes that will be written
   * Throws `destination-not-empty`, `no-space` or `unwritable-path`.
   */
  static async open(destination: string, single: { name: string } | undefined, need: number): Promise<Staging> {
    const path = resolve(destination);
    try {
      const found = await kindOf(path);
      if (found === "other" || (found === "folder" && !(await isEmpty(path)))) throw notEmpty(path);
      const target = single && found === "folder" ? join(path, single.name) : path;
      const parent = single ? dirname(target) : path;
      const created = existsSync(parent) ? undefined : await mkdir(parent, { recursive: true });
      const folder = join(parent, `${PREFIX}${process.pid}-${randomBytes(4).toString("hex")}`);
      const staging = new Staging(folder, target, single !== undefined, created);
      await mkdir(folder, { mode: 0o700 });
      const space = await statfs(folder);
      if (space.bavail * space.bsize < need) {
        await staging.discard();
        throw noSpace(target, need, space.bavail * space.bsize);
      }
      return staging;
    } catch (error) {
      throw error instanceof CairnError ? error : writeFailed(path, error);
    }
  }

  /** Where the root entry is written: a folder that exists, or a file that does not yet. */
  get root(): string {
    return this.single ? join(this.folder, "file") : this.folder;
  }

  /** Moves what was written to where it belongs. */
  async promote(): Promise<void> {
    if (this.single) {
      await rename(this.root, this.target);
    } else {
      const names = await readdir(this.folder, { encoding: "buffer" });
      const from = Buffer.from(`${this.folder}/`);
      const to = Buffer.from(`${this.target}/`);
      for (const name of names) await rename(Buffer.concat([from, name]), Buffer.concat([to, name]));
    }
    await rmdir(this.folder);
  }

  /** Removes all that was written, and the folders that were made for it. */
  async discard(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    if (this.created === undefined) return;
    const deepest = this.single ? dirname(this.target) : this.target;
    for (let path = deepest; path.startsWith(this.created); path = dirname(path)) {
      await rmdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
      });
    }
  }
}

async function kindOf(path: string): Promise<"absent" | "folder" | "other"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "other";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw error;
  }
}

/** True when nothing is in the folder but what restores that were killed have left; that is removed. */
async function isEmpty(path: string): Promise<boolean> {
  const names = await readdir(path);
  if (!names.every((name) => isStale(name))) return false;
  for (const name of names) await rm(join(path, name), { recursive: true, force: true });
  return true;
}

function isStale(name: string): boolean {
  const pid = /^\.cairn-restore-(\d+)-[0-9a-f]{8}$/.exec(basename(name))?.[1];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function notEmpty(path: string): CairnError {
  return new CairnError(`${path} exists and is not an empty folder.`, {
    code: "destination-not-empty",
    kind: "conflict",
    next: "Choose a path that does not exist, or an empty folder.",
    details: { path },
  });
}

function noSpace(path: string, need: number, available: number): CairnError {
  return new CairnError(`${path} needs ${need} bytes, but only ${available} are free.`, {
    code: "no-space",
    kind: "exhausted",
    next: "Free space, or choose another destination.",
    details: { path, need, available },
  });
}
