import { type BigIntStats, type Dirent, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { CairnError } from "@cairn/protocol/errors";
import { MAX_SECONDS } from "../manifest/manifest.ts";
import { atPath } from "./at-path.ts";
import { confined, confinedFolder } from "./confined.ts";
import type { Excluder } from "./exclude.ts";
import type { EntryKind, FoundEntry, SkippedEntry } from "./found-entry.ts";
import { pathBytes } from "./join-path.ts";
import { displayName, nameOfBytes } from "./names.ts";

export interface Walked {
  /** Path of `entries[0]`, as it was given. */
  root: Buffer;
  /** Depth first, names in byte order. */
  entries: FoundEntry[];
  /** Special files, which are left out. */
  skipped: SkippedEntry[];
  /** Entries that a rule left out; what is below them is not counted. */
  excluded: number;
  /** Paths, as they are shown, of what was modified at a time that a manifest cannot hold; the entry has the nearest that it can. */
  bentTimes: string[];
}

export interface WalkOptions {
  /** Leaves entries out, by their path below the root. */
  exclude?: Excluder;
  signal?: AbortSignal;
  /** The real path of a folder which nothing that is listed may lead out of, whoever changes the tree meanwhile. */
  within?: Uint8Array;
}

const SLASH = Buffer.from("/");
/** Entries looked at between two turns of the event loop. */
const STRIDE = 512;

/** What the system says of a path at which nothing is. */
const MISSING = new Set(["ENOENT", "ENOTDIR"]);

export function unreadable(path: string, cause: unknown): CairnError {
  const system = cause as NodeJS.ErrnoException;
  const reasons = new Map(
    Object.entries({
      ENOENT: "does not exist",
      EACCES: "may not be read by this user",
      EPERM: "may not be read by this user",
      ENOTDIR: "does not exist",
      ELOOP: "is a loop of symbolic links",
      ENAMETOOLONG: "has too long a path",
    }),
  );
  return new CairnError(
    `${path} ${reasons.get(system.code ?? "") ?? `cannot be read (${system.code ?? system.message})`}`,
    {
      code: "unreadable-path",
      kind: "input",
      next: MISSING.has(system.code ?? "")
        ? "Give a path that is there."
        : "Make it readable, or leave it out, and try again.",
      details: { path, system: system.code },
      cause,
    },
  );
}

/** Differs whenever a file's content may: its inode, its size, and both of its times. */
export function versionOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** Whole seconds, rounded down, and the nanoseconds above them; a time that a manifest cannot hold becomes the nearest that it can. */
export function splitTime(ns: bigint): { seconds: number; nanoseconds: number } {
  const nanoseconds = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = Number((ns - nanoseconds) / 1_000_000_000n);
  if (seconds > MAX_SECONDS) return { seconds: MAX_SECONDS, nanoseconds: 0 };
  if (seconds < -MAX_SECONDS) return { seconds: -MAX_SECONDS, nanoseconds: 0 };
  return { seconds, nanoseconds: Number(nanoseconds) };
}

/**
 * Lists a folder (or a single file) without opening any file. Symbolic links inside are kept as links and never
 * followed; the given path itself is followed. Hard links are separate files. Sockets, pipes and devices are reported.
 * @param path in string form (names.ts)
 * Throws `unreadable-path`.
 */
export async function walkFolder(path: string, options: WalkOptions = {}): Promise<Walked> {
  const { signal, exclude, within } = options;
  const at = <T>(place: Buffer, act: (place: Buffer) => T): T =>
    within === undefined ? atPath(place, act) : confined(place, within, act);
  const root = pathBytes(path);
  const walked: Walked = { root, entries: [], skipped: [], excluded: 0, bentTimes: [] };
  const top = reading(root, () => at(root, (place) => statSync(place, { bigint: true })));
  const kind = top.isDirectory() ? "directory" : top.isFile() ? "file" : undefined;
  if (kind === undefined) {
    throw new CairnError(`${displayName(nameOfBytes(root))} is neither a folder nor a file`, {
      code: "unreadable-path",
      kind: "input",
      next: "Give a folder or a regular file.",
    });
  }
  add(walked, root, entryOf(kind, 0, ownName(path), top), top);
  if (kind === "file") return walked;
  const pending: { index: number; path: Buffer; below: string }[] = [{ index: 0, path: root, below: "" }];
  let seen = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const folder = next.path;
    const list = (place: Buffer) => readdirSync(place, { withFileTypes: true, encoding: "buffer" });
    const children = reading(folder, () =>
      within === undefined ? atPath(folder, list) : confinedFolder(folder, within, list),
    );
    children.sort((a, b) => Buffer.compare(a.name, b.name));
    const { below } = next;
    const folders: typeof pending = [];
    for (const child of children) {
      if (++seen % STRIDE === 0) {
        await breathe();
        signal?.throwIfAborted();
      }
      const place = Buffer.concat([folder, ...(folder.at(-1) === SLASH[0] ? [] : [SLASH]), child.name]);
      const path = exclude && `${below}${nameOfBytes(child.name)}`;
      if (path !== undefined && exclude?.(path, child.isDirectory())) {
        walked.excluded++;
        continue;
      }
      const index = addChild(walked, next.index, { child, place, at });
      if (index !== undefined) folders.push({ index, path: place, below: path === undefined ? "" : `${path}/` });
    }
    for (const inner of folders.reverse()) pending.push(inner);
  }
  return walked;
}

/** The name of what stands at a path, also where the path ends in `.`, `..` or a slash; "root" for the root of all. */
export function ownName(path: string): string {
  const last = path.replace(/\/+$/, "").split("/").at(-1) ?? "";
  if (last !== "" && last !== "." && last !== "..") return last;
  const real = nameOfBytes(
    reading(pathBytes(path), () => realpathSync.native(pathBytes(path || "/"), { encoding: "buffer" })),
  );
  return real.split("/").at(-1) || "root";
}

/** Adds what stands at `place`; returns its index when it is a directory. */
function addChild(
  walked: Walked,
  parent: number,
  {
    child,
    place,
    at,
  }: { child: Dirent<Buffer>; place: Buffer; at: <T>(place: Buffer, act: (place: Buffer) => T) => T },
): number | undefined {
  const stats = reading(place, () => at(place, (one) => lstatSync(one, { bigint: true })));
  const name = nameOfBytes(child.name);
  if (stats.isSymbolicLink()) {
    const target = reading(place, () => at(place, (one) => readlinkSync(one, { encoding: "buffer" })));
    add(walked, place, { ...entryOf("symlink", parent, name, stats), target: nameOfBytes(target) }, stats);
  } else if (stats.isFile()) {
    add(walked, place, entryOf("file", parent, name, stats), stats);
  } else if (stats.isDirectory()) {
    add(walked, place, entryOf("directory", parent, name, stats), stats);
    return walked.entries.length - 1;
  } else {
    const device = stats.isBlockDevice() || stats.isCharacterDevice();
    const reason = stats.isSocket() ? "socket" : stats.isFIFO() ? "pipe" : device ? "device" : "unknown";
    walked.skipped.push({ path: displayName(nameOfBytes(place)), reason });
  }
  return undefined;
}

function add(
  walked: Walked,
  place: Buffer,
  entry: Omit<FoundEntry, "seconds" | "nanoseconds">,
  stats: BigIntStats,
): void {
  const time = splitTime(stats.mtimeNs);
  walked.entries.push({ ...entry, ...time });
  const kept = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
  if (kept !== stats.mtimeNs) walked.bentTimes.push(displayName(nameOfBytes(place)));
}

function entryOf(
  kind: EntryKind,
  parent: number,
  name: string,
  stats: BigIntStats,
): Omit<FoundEntry, "seconds" | "nanoseconds"> {
  return {
    kind,
    parent,
    name,
    mode: Number(stats.mode & 0o7777n),
    size: kind === "file" ? Number(stats.size) : 0,
    ...(kind === "file" ? { version: versionOf(stats) } : {}),
  };
}

function reading<T>(path: Buffer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    throw unreadable(displayName(nameOfBytes(path)), cause);
  }
}
