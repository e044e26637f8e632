import { createHash, randomBytes } from "node:crypto";
import {
  accessSync,
  type BigIntStats,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { processIdentity } from "@cairn/process/process-identity";
import { CairnError } from "@cairn/protocol/errors";
import { atPath } from "../walk/at-path.ts";
import { joinPath, pathBytes } from "../walk/join-path.ts";
import { displayName, nameOfBytes } from "../walk/names.ts";
import { removeTree } from "../walk/remove-tree.ts";
import { writeFailed } from "./errors.ts";

const SLASH = 0x2f;
/** `.cairn-restore-PID-START-HOST-RANDOM`: who writes there, so that a later restore knows whether it still does. */
const PREFIX = ".cairn-restore-";
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** Below the hidden folder: what is being restored, and, once it is being moved out, which entries those are. */
const TREE = "tree";
const MOVED = "moved";

/**
 * Where a restore writes until all of it is verified: a hidden folder inside the destination, or beside it for a single file. Nothing else
 * appears before `promote`, which only renames. What a restore that was killed left behind, even while it renamed, is cleared by the next.
 */
export class Staging {
  /** Where the root entry is written: a folder that exists, or a file that does not yet. */
  readonly root: Buffer;
  /** Where the root entry ends up. */
  readonly target: Buffer;
  private readonly folder: Buffer;
  private readonly single: boolean;
  /** Folders that were made for it, outermost first. */
  private readonly created: Buffer[];

  private constructor(place: { folder: Buffer; target: Buffer; single: boolean; created: Buffer[] }) {
    this.folder = place.folder;
    this.target = place.target;
    this.single = place.single;
    this.created = place.created;
    this.root = joinPath(place.folder, TREE);
  }

  /**
   * @param destination in string form. For a folder: absent or an empty folder. For a single file: absent, or a folder that gets the file under its name
   * @param need bytes that will be written
   * Throws `destination-not-empty`, `destination-exists`, `no-space` or `unwritable-path`.
   */
  static async open(destination: string, single: { name: string } | undefined, need: number): Promise<Staging> {
    const path = pathOfDestination(destination);
    try {
      const { target, parent } = placeOf(path, single);
      for (const left of assertFree(target, parent, single !== undefined)) await removeTree(left);
      const folder = joinPath(parent, hiddenName());
      const created = makeFolders(parent);
      const staging = new Staging({ folder, target, single: single !== undefined, created });
      try {
        atPath(folder, (place) => mkdirSync(place, { mode: 0o700 }));
        if (!single) atPath(staging.root, (place) => mkdirSync(place, { mode: 0o700 }));
        const { bavail, bsize } = atPath(folder, (place) => statfsSync(place));
        if (bavail * bsize < need) throw noSpace(target, need, bavail * bsize);
        return staging;
      } catch (error) {
        await staging.discard();
        throw error;
      }
    } catch (error) {
      throw error instanceof CairnError ? error : writeFailed(shown(path), error);
    }
  }

  /** Moves what was written to where it belongs. */
  async promote(): Promise<void> {
    const moves = this.single
      ? [{ from: this.root, to: this.target }]
      : list(this.root).map((name) => ({ from: below(this.root, name), to: below(this.target, name) }));
    // Whoever finds some of them at the destination and this list in a folder of a dead process may take them away again.
    const journal = moves.map(({ from, to }) => [inodeOf(from), lastOf(to).toString("base64")]);
    atPath(joinPath(this.folder, MOVED), (place) => writeFileSync(place, JSON.stringify(journal)));
    for (const { from, to } of moves) atPath(from, (source) => atPath(to, (place) => renameSync(source, place)));
  }

  /** Removes the hidden folder once everything is as it should be. */
  async close(): Promise<void> {
    await removeTree(this.folder);
  }

  /** Removes all that was written, and the folders that were made for it. */
  async discard(): Promise<void> {
    await removeTree(this.folder);
    for (const path of this.created.toReversed()) {
      try {
        atPath(path, rmdirSync);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "ENOTEMPTY" && code !== "ENOENT") throw error;
      }
    }
  }
}

/** Throws what `Staging.open` would throw because of what stands at the destination; changes nothing. */
export function assertDestinationFree(destination: string, single: { name: string } | undefined): void {
  const path = pathOfDestination(destination);
  try {
    const { target, parent } = placeOf(path, single);
    assertFree(target, parent, single !== undefined);
  } catch (error) {
    throw error instanceof CairnError ? error : writeFailed(shown(path), error);
  }
}

/** Without slashes at its end. */
function pathOfDestination(destination: string): Buffer {
  const bytes = pathBytes(destination === "" ? "." : destination);
  let end = bytes.length;
  while (end > 1 && bytes[end - 1] === SLASH) end--;
  return bytes.subarray(0, end);
}

function placeOf(path: Buffer, single: { name: string } | undefined): { target: Buffer; parent: Buffer } {
  const found = statOf(path, statSync);
  if (!single) {
    if (found && !found.isDirectory()) throw notEmpty(path);
    return { target: path, parent: path };
  }
  if (found?.isDirectory()) return { target: joinPath(path, single.name), parent: path };
  if (found) throw exists(path);
  return { target: path, parent: parentOf(path) };
}

/** What restores that were killed have left, all of which may go; throws when anything else is in the way. */
function assertFree(target: Buffer, parent: Buffer, single: boolean): Buffer[] {
  if (!statOf(parent, statSync)) return [];
  if (single && !mayList(parent)) {
    if (statOf(target, lstatSync)) throw exists(target);
    return [];
  }
  const names = list(parent);
  const folders = names.filter((name) => isLeftover(parent, name));
  const moved = new Map(folders.flatMap((name) => journalOf(joinPath(below(parent, name), MOVED))));
  const isMoved = (name: Buffer): boolean => {
    const inode = moved.get(name.toString("base64"));
    return inode !== undefined && inode === inodeOf(below(parent, name));
  };
  // The journals come last: as long as they stand, what they name can be recognised.
  const inTheWay = single
    ? names.filter((name) => name.equals(lastOf(target)))
    : names.filter((n) => !folders.includes(n));
  if (!inTheWay.every(isMoved)) throw single ? exists(target) : notEmpty(target);
  return [...inTheWay, ...folders].map((name) => below(parent, name));
}

/** Base64 of a name and its inode. A list that is not whole was never followed by a rename. */
function journalOf(path: Buffer): [string, string][] {
  try {
    const rows = JSON.parse(atPath(path, (place) => readFileSync(place, "utf8"))) as [string, string][];
    return rows.map(([inode, name]) => [name, inode]);
  } catch {
    return [];
  }
}

function hiddenName(): string {
  const start = (processIdentity(process.pid)?.start ?? "0").replace(/[^0-9A-Za-z]/g, "_");
  return `${PREFIX}${process.pid}-${start}-${HOST}-${randomBytes(4).toString("hex")}`;
}

/** A hidden folder of this user, made on this machine by a process that has ended. */
function isLeftover(parent: Buffer, name: Buffer): boolean {
  const match = new RegExp(`^\\${PREFIX}(\\d+)-(\\w+)-([0-9a-f]{8})-[0-9a-f]{8}$`).exec(name.toString("latin1"));
  if (!match || match[3] !== HOST) return false;
  const stats = statOf(below(parent, name), lstatSync);
  if (!stats?.isDirectory() || Number(stats.uid) !== (process.geteuid?.() ?? Number(stats.uid))) return false;
  const identity = processIdentity(Number(match[1]));
  return identity?.start.replace(/[^0-9A-Za-z]/g, "_") !== match[2];
}

function statOf(path: Buffer, stat: typeof statSync | typeof lstatSync): BigIntStats | undefined {
  return atPath(path, (place) => stat(place, { bigint: true, throwIfNoEntry: false }));
}

function inodeOf(path: Buffer): string {
  const stats = atPath(path, (place) => lstatSync(place, { bigint: true }));
  return `${stats.dev}:${stats.ino}`;
}

function list(path: Buffer): Buffer[] {
  return atPath(path, (place) => readdirSync(place, { encoding: "buffer" }));
}

function below(folder: Uint8Array, name: Uint8Array): Buffer {
  return Buffer.concat([folder, Buffer.from("/"), name]);
}

/** A folder that takes new files need not let itself be listed. */
function mayList(path: Buffer): boolean {
  try {
    atPath(path, (place) => accessSync(place, constants.R_OK));
    return true;
  } catch {
    return false;
  }
}

function lastOf(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(SLASH) + 1);
}

function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf(SLASH);
  return slash === -1 ? Buffer.from(".") : path.subarray(0, Math.max(1, slash));
}

/** Makes a folder and those above it; returns the ones that are new, outermost first. */
function makeFolders(path: Buffer): Buffer[] {
  const missing: Buffer[] = [];
  for (let at = path; !statOf(at, statSync); at = parentOf(at)) missing.push(at);
  const created = missing.toReversed();
  for (const folder of created) atPath(folder, (place) => mkdirSync(place));
  return created;
}

function shown(path: Uint8Array): string {
  return displayName(nameOfBytes(path));
}

function notEmpty(path: Buffer): CairnError {
  return new CairnError(`${shown(path)} exists and is not an empty folder`, {
    code: "destination-not-empty",
    kind: "conflict",
    next: "Choose a path that does not exist, or an empty folder.",
    details: { path: shown(path) },
  });
}

function exists(path: Buffer): CairnError {
  return new CairnError(`${shown(path)} exists already`, {
    code: "destination-exists",
    kind: "conflict",
    next: "Choose a path that does not exist, or a folder that the file shall go into.",
    details: { path: shown(path) },
  });
}

function noSpace(path: Buffer, need: number, available: number): CairnError {
  return new CairnError(`${shown(path)} needs ${need} bytes, but only ${available} are free`, {
    code: "no-space",
    kind: "exhausted",
    next: "Free space, or choose another destination.",
    details: { path: shown(path), need, available },
  });
}
