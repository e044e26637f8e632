import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { CairnError } from "@cairn/protocol/errors";

export interface HeldLock {
  release(): void;
}

export interface LockHolder {
  pid: number;
  /** ISO 8601. */
  since: string;
}

/** A choice: whoever probes the lock has it for less than this, and is waited for. */
const PROBE_MILLISECONDS = 50;

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** A power cut, or an accident, has written something else into the lock's file. */
function isDamaged(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code === SQLITE_NOTADB || code === SQLITE_CORRUPT;
}

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** Kept here, since a database that nobody refers to is collected, and its lock with it. */
const heldDatabases = new Set<DatabaseSync>();

/** Who holds the lock at `path` now or held it last, by its own word; only good for messages. */
function lockHolder(path: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(`${path}.holder`, "utf8")) as Partial<LockHolder>;
    return typeof holder.pid === "number" ? { pid: holder.pid, since: String(holder.since) } : undefined;
  } catch {
    return undefined;
  }
}

/** Who holds the lock at `path` now, by its own word (`pid` 0 when it left none); undefined while nobody does. Nothing is written or made. */
export function probeLock(path: string): LockHolder | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.prepare("select count(*) from sqlite_schema").get();
    return undefined;
  } catch (error) {
    return isBusy(error) ? (lockHolder(path) ?? { pid: 0, since: "" }) : undefined;
  } finally {
    database?.close();
  }
}

/** Leave word of who holds the lock; on a full disk nobody is named, and the lock holds all the same. */
function noteHolder(path: string): void {
  const holder: LockHolder = { pid: process.pid, since: new Date().toISOString() };
  try {
    writeFileSync(`${path}.holder.new`, JSON.stringify(holder), { mode: 0o600 });
    renameSync(`${path}.holder.new`, `${path}.holder`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
    rmSync(`${path}.holder.new`, { force: true });
    rmSync(`${path}.holder`, { force: true });
  }
}

function lockFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: PROBE_MILLISECONDS });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (!isDamaged(error)) throw error;
  }
  // The file's content means nothing. It is emptied in place: two that do so at once still lock the same file.
  truncateSync(path);
  return lockFile(path);
}

/**
 * Hold an exclusive lock on the file `path` (created when missing, in a directory that exists) until `release` or the
 * end of this process.
 *
 * The lock is the kernel's: SQLite's exclusive file lock, the only advisory lock that Node reaches without an add-on. It is gone
 * with its process however that ends, so there are no stale locks to judge, and a pid used again by another program
 * is never mistaken for the holder.
 *
 * @throws CairnError `lock-held` (details.pid when known), `lock-failed`
 */
export function holdLock(path: string): HeldLock {
  let database: DatabaseSync;
  try {
    database = lockFile(path);
  } catch (error) {
    if (!isBusy(error)) {
      throw new CairnError(`cannot lock ${path}: ${(error as Error).message}`, {
        code: "lock-failed",
        kind: "unavailable",
        next: "Check that the directory is writable, has space, and is on a local file system.",
        cause: error,
      });
    }
    const holder = lockHolder(path);
    throw new CairnError(`${path} is held by ${holder ? `process ${holder.pid}` : "another process"}`, {
      code: "lock-held",
      kind: "conflict",
      next: "Stop the process that holds it.",
      ...(holder ? { details: { ...holder } } : {}),
      cause: error,
    });
  }
  const held = database;
  heldDatabases.add(held);
  noteHolder(path);
  let released = false;
  return {
    release() {
      if (released) return;
      released = true;
      rmSync(`${path}.holder`, { force: true });
      heldDatabases.delete(held);
      held.close();
    },
  };
}
