import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type HeldLock, holdLock } from "@cairn/process";
import { CairnError } from "@cairn/protocol/errors";

export interface TemporaryDirectory {
  path: string;
  close(): Promise<void>;
}

/** A lock file is made a moment before it is held; older than this, one that nobody holds is a leftover. */
const NEW_MILLISECONDS = 60_000;

function tryLock(path: string): HeldLock | undefined {
  try {
    return holdLock(path);
  } catch (error) {
    if (error instanceof CairnError && error.code === "lock-held") return undefined;
    throw error;
  }
}

async function discard(parent: string, name: string): Promise<void> {
  const lock = tryLock(join(parent, `${name}.lock`));
  if (lock === undefined) return;
  await rm(join(parent, name), { recursive: true, force: true });
  lock.release();
  await rm(join(parent, `${name}.lock`), { force: true });
}

/** Remove what processes that are gone left in `parent`. A directory exists only under its held lock, or as a leftover. */
async function sweep(parent: string): Promise<void> {
  const names = new Set(await readdir(parent));
  for (const name of names) {
    if (!name.endsWith(".lock")) {
      if (!name.includes(".lock")) await discard(parent, name);
      continue;
    }
    if (names.has(name.slice(0, -".lock".length))) continue;
    const found = await stat(join(parent, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > NEW_MILLISECONDS) await discard(parent, name.slice(0, -".lock".length));
  }
}

/** A directory under `parent` for this process's unfinished files; sweeps those of processes that ended without closing theirs. */
export async function openTemporaryDirectory(parent: string): Promise<TemporaryDirectory> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await sweep(parent);
  const name = randomUUID();
  const path = join(parent, name);
  const lock = holdLock(`${path}.lock`);
  await mkdir(path, { mode: 0o700 });
  return {
    path,
    async close() {
      await rm(path, { recursive: true, force: true });
      lock.release();
      await rm(`${path}.lock`, { force: true });
    },
  };
}
