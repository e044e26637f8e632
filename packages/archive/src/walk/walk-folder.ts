import { type BigIntStats, type Dirent, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { CairnError } from "@cairn/core/errors";
import { displayName, nameOfBytes } from "./names.ts";

type EntryKind = "directory" | "file" | "symlink";

/** One thing found; `entries[0]` is the path itself. */
export interface FoundEntry {
  kind: EntryKind;
  /** Index of the directory that holds it, smaller than its own; 0 for the root itself. */
  parent: number;
  /** Its name in string form (names.ts). */
  name: string;
  /** Permission bits, 12 of them. */
  mode: number;
  /** Modification time: seconds since 1970, rounded down, and nanoseconds. */
  seconds: number;
  nanoseconds: number;
  /** Bytes of a file; 0 otherwise. */
  size: number;
  /** Where a symbolic link points, in string form. */
  target?: string;
}

export interface SkippedEntry {
  path: string;
  reason: "socket" | "pipe" | "device" | "unknown";
}

export interface Walked {
  /** Absolute path of `entries[0]`. */
  root: Buffer;
  /** Depth first, names in byte order. */
  entries: FoundEntry[];
  /** Special files, which are left out. */
  skipped: SkippedEntry[];
}

const SLASH = Buffer.from("/");
/** Entries looked at between two turns of the event loop. */
const STRIDE = 512;

export function unreadable(path: string, cause: unknown): CairnError {
  const system = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: "does not exist",
    EACCES: "may not be read by this user",
    EPERM: "may not be read by this user",
    ENOTDIR: "does not exist",
    ELOOP: "is a loop of symbolic links",
    ENAMETOOLONG: "has too long a path",
  };
  return new CairnError(
    `${path} ${reasons[system.code ?? ""] ?? `cannot be read (${system.code ?? system.message})`}.`,
    {
      code: "unreadable-path",
      kind: "input",
      next: "Make it readable, or leave it out, and try again.",
      details: { path, system: system.code },
      cause,
    },
  );
}

/** Whole seconds, rounded down, and the nanoseconds above them. */
export function splitTime(ns: bigint): { seconds: number; nanoseconds: number } {
  const nanoseconds = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((ns - nanoseconds) / 1_000_000_000n), nanoseconds: Number(nanoseconds) };
}

/**
 * Lists a folder (or a single file) without opening any file. Symbolic links inside are kept as links and never
 * followed; the given path itself is followed. Hard links are separate files. Sockets, pipes and devices are reported.
 * Throws `unreadable-path`.
 */
export async function walkFolder(path: string, signal?: AbortSignal): Promise<Walked> {
  const root = Buffer.from(resolve(path));
  const walked: Walked = { root, entries: [], skipped: [] };
  const top = reading(root, () => statSync(root, { bigint: true }));
  const kind = top.isDirectory() ? "directory" : top.isFile() ? "file" : undefined;
  if (kind === undefined) {
    throw new CairnError(`${displayName(nameOfBytes(root))} is neither a folder nor a file.`, {
      code: "unreadable-path",
      kind: "input",
      next: "Give a folder or a regular file.",
    });
  }
  walked.entries.push(entryOf(kind, 0, basename(resolve(path)) || "root", top));
  if (kind === "file") return walked;
  const pending: { index: number; path: Buffer }[] = [{ index: 0, path: root }];
  let seen = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const folder = next.path;
    const children = reading(folder, () => readdirSync(folder, { withFileTypes: true, encoding: "buffer" }));
    children.sort((a, b) => Buffer.compare(a.name, b.name));
    const folders: { index: number; path: Buffer }[] = [];
    for (const child of children) {
      if (++seen % STRIDE === 0) {
        await breathe();
        signal?.throwIfAborted();
      }
      const place = Buffer.concat([folder, SLASH, child.name]);
      const index = addChild(walked, next.index, child, place);
      if (index !== undefined) folders.push({ index, path: place });
    }
    pending.push(...folders.reverse());
  }
  return walked;
}

/** Adds what stands at `place`; returns its index when it is a directory. */
function addChild(walked: Walked, parent: number, child: Dirent<Buffer>, place: Buffer): number | undefined {
  const stats = reading(place, () => lstatSync(place, { bigint: true }));
  const name = nameOfBytes(child.name);
  if (stats.isSymbolicLink()) {
    const target = reading(place, () => readlinkSync(place, { encoding: "buffer" }));
    walked.entries.push({ ...entryOf("symlink", parent, name, stats), target: nameOfBytes(target) });
  } else if (stats.isFile()) {
    walked.entries.push(entryOf("file", parent, name, stats));
  } else if (stats.isDirectory()) {
    walked.entries.push(entryOf("directory", parent, name, stats));
    return walked.entries.length - 1;
  } else {
    const device = stats.isBlockDevice() || stats.isCharacterDevice();
    const reason = stats.isSocket() ? "socket" : stats.isFIFO() ? "pipe" : device ? "device" : "unknown";
    walked.skipped.push({ path: displayName(nameOfBytes(place)), reason });
  }
  return undefined;
}

function entryOf(kind: EntryKind, parent: number, name: string, stats: BigIntStats): FoundEntry {
  return {
    kind,
    parent,
    name,
    mode: Number(stats.mode & 0o7777n),
    ...splitTime(stats.mtimeNs),
    size: kind === "file" ? Number(stats.size) : 0,
  };
}

function reading<T>(path: Buffer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unreadable(displayName(nameOfBytes(path)), cause);
  }
}
