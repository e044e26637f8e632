import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { isAtOrBelow, O_PATH } from "@cairn/archive/confined";
import { notAllowed } from "./allowed-path.ts";

/** A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), as far as it is needed. */
interface Mount {
  id: string;
  /** Major and minor number of the file system. */
  device: string;
  /** What of the file system is mounted: a path in it. */
  root: Buffer;
  /** Where. */
  point: Buffer;
}

type Identity = Pick<BigIntStats, "dev" | "ino">;

/**
 * Folders that nobody may have stored, whatever the operator shares: the gateway's own. They are known by where they really are, by every other place at which
 * the system's table of mounts shows them or a part of them (bind mounts, a second mount of the same drive), and by their inodes. All of it is looked up anew for
 * each read, as links and mounts change while a gateway runs.
 *
 * Not known: copies, hard links to single files (which only the files' owner and root can make), and a file system that passes the files on as its own (overlay, FUSE,
 * a network mount of this machine's own export).
 */
export class KeptPlaces {
  readonly #places: readonly Buffer[];
  readonly #inodes: ReadonlySet<string>;

  private constructor(places: readonly Buffer[], inodes: ReadonlySet<string>) {
    this.#places = places;
    this.#inodes = inodes;
  }

  /** @throws CairnError `path-not-allowed` where a folder cannot be found: what cannot be recognised cannot be kept */
  static find(folders: readonly string[]): KeptPlaces {
    const mounts = folders.length === 0 ? [] : mountsOf(readFileSync("/proc/self/mountinfo"));
    const places: Buffer[] = [];
    const inodes = new Set<string>();
    for (const folder of folders) {
      const { place, mount, stats } = lookUp(folder);
      inodes.add(inodeOf(stats));
      places.push(place, ...placesOf(place, mount, mounts));
    }
    return new KeptPlaces(places, inodes);
  }

  /** Whether a real path is of such a folder, or of something in it. */
  hold(place: Uint8Array): boolean {
    return this.#places.some((one) => isAtOrBelow(place, one));
  }

  /** Whether such a folder is in the one with this real path. */
  areIn(place: Uint8Array): boolean {
    return this.#places.some((one) => isAtOrBelow(one, place));
  }

  /** Whether these are the stats of such a folder. */
  are(stats: Identity): boolean {
    return this.#inodes.has(inodeOf(stats));
  }
}

const inodeOf = ({ dev, ino }: Identity) => `${dev}:${ino}`;

function lookUp(folder: string): { place: Buffer; mount: string | undefined; stats: BigIntStats } {
  let fd: number | undefined;
  try {
    fd = openSync(folder, O_PATH | constants.O_DIRECTORY);
    return {
      place: readlinkSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }),
      mount: /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1],
      stats: fstatSync(fd, { bigint: true }),
    };
  } catch (cause) {
    throw Object.assign(notAllowed("the gateway cannot find its own folders, which it keeps from being stored"), {
      cause,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Every place at which what lies at `place` of the mount `id` is to be seen, or a part of it.
 * @param place a real path
 */
export function placesOf(place: Uint8Array, id: string | undefined, mounts: readonly Mount[]): Buffer[] {
  const own = mounts.find((mount) => mount.id === id);
  if (own === undefined || !isAtOrBelow(place, own.point)) return [];
  const inside = below(own.root, restOf(place, own.point));
  return mounts.flatMap(({ device, root, point }) => {
    if (device !== own.device) return [];
    if (isAtOrBelow(root, inside)) return [point];
    return isAtOrBelow(inside, root) ? [below(point, restOf(inside, root))] : [];
  });
}

const SLASH = Buffer.from("/");
const isRoot = (path: Buffer) => path.equals(SLASH);

/** What of a path follows on that of a folder above it: nothing, or from a slash on. */
function restOf(path: Uint8Array, folder: Buffer): Buffer {
  const rest = Buffer.from(path).subarray(isRoot(folder) ? 0 : folder.length);
  return isRoot(rest) ? Buffer.alloc(0) : rest;
}

function below(folder: Buffer, rest: Buffer): Buffer {
  return isRoot(folder) && rest.length > 0 ? rest : Buffer.concat([folder, rest]);
}

/** @param table of /proc/PID/mountinfo */
export function mountsOf(table: Uint8Array): Mount[] {
  return Buffer.from(table)
    .toString("latin1")
    .split("\n")
    .flatMap((line) => {
      const [id, , device, root, point] = line.split(" ");
      if (id === undefined || device === undefined || root === undefined || point === undefined) return [];
      return [{ id, device, root: unescaped(root), point: unescaped(point) }];
    });
}

/** Blanks, tabs, line feeds and backslashes stand as three octal digits. */
function unescaped(text: string): Buffer {
  const plain = text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(plain, "latin1");
}
