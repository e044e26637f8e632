import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from "node:fs";
import { isAtOrBelow, O_PATH } from "@cairn/archive/confined";
import { bytesOfName, displayName } from "@cairn/archive/names";
import { unreadable } from "@cairn/archive/walk";
import type { CairnError } from "@cairn/protocol/errors";
import { notAllowed } from "./allowed-path.ts";
import type { KeptPlaces } from "./kept-places.ts";

/** Links followed on one path (MAXSYMLINKS of Linux, path_resolution(7)). */
const MOST_LINKS = 40;
const UP = Buffer.from("..");

/**
 * Where a path and the folder above it really are, every link followed that stays inside. The path is gone one name at a time from the folder on, each name looked up
 * in the folder that is open: whatever leads out is refused before anything out there is looked at, so that the answer says nothing of it.
 * @param path at or below `folder`, as `folderOf` lets it pass
 * @returns paths in bytes
 * @throws CairnError `unreadable-path`; `path-not-allowed` where a link leads out of the folder, even if another one leads back in, and for a place that is in `kept`, or has it in it
 */
export function realPlace(path: string, folder: string, kept: KeptPlaces): { place: Buffer; within: Buffer } {
  const named = Buffer.from(bytesOfName(folder));
  const within = reading(path, () => realpathSync.native(named, { encoding: "buffer" }));
  let rest = namesOf(Buffer.from(bytesOfName(path)).subarray(named.length));
  let links = 0;
  let fd = reading(path, () => openSync(within, O_PATH | constants.O_DIRECTORY));
  try {
    for (;;) {
      const here = reading(path, () => readlinkSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }));
      if (!isAtOrBelow(here, within)) throw leadsOut(path);
      if (kept.hold(here) || kept.are(fstatSync(fd, { bigint: true }))) throw isKept(path);
      const name = rest.shift();
      if (name === undefined) {
        if (kept.areIn(here)) throw isKept(path);
        return { place: here, within };
      }
      if (name.equals(UP) && here.equals(within)) throw leadsOut(path);
      const next = Buffer.concat([here, Buffer.from(here.at(-1) === SLASH ? "" : "/"), name]);
      if (kept.hold(next)) throw isKept(path);
      const at = Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
      const found = reading(path, () => lstatSync(at));
      if (found.isSymbolicLink()) {
        links += 1;
        if (links > MOST_LINKS) throw unreadable(displayName(path), Object.assign(new Error(), { code: "ELOOP" }));
        const target = reading(path, () => readlinkSync(at, { encoding: "buffer" }));
        rest = [...insideOf(target, [within, named], path), ...rest];
        if (target[0] === SLASH) fd = moved(fd, path, within);
      } else if (found.isDirectory()) {
        fd = moved(fd, path, at);
      } else if (rest.length > 0) {
        throw unreadable(displayName(path), Object.assign(new Error(), { code: "ENOTDIR" }));
      } else {
        return { place: next, within };
      }
    }
  } finally {
    closeSync(fd);
  }
}

const SLASH = 0x2f;

/** Names of a path or link target. */
function namesOf(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let from = 0; from <= path.length; ) {
    const slash = path.indexOf(SLASH, from);
    const to = slash === -1 ? path.length : slash;
    const name = path.subarray(from, to);
    if (name.length > 0 && !(name.length === 1 && name[0] === 0x2e)) names.push(name);
    from = to + 1;
  }
  return names;
}

/** Names of a link's target: from the folder on where it is absolute. */
function insideOf(target: Buffer, folders: readonly Buffer[], path: string): Buffer[] {
  if (target[0] !== SLASH) return namesOf(target);
  const folder = folders.find((one) => isAtOrBelow(target, one));
  if (folder === undefined) throw leadsOut(path);
  return namesOf(target.subarray(folder.length));
}

/** Opens a directory, by no link, instead of another one. */
function moved(fd: number, path: string, to: Buffer): number {
  const next = reading(path, () => openSync(to, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  closeSync(fd);
  return next;
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unreadable(displayName(path), cause);
  }
}

function leadsOut(path: string): CairnError {
  return notAllowed(`${displayName(path)} leads out of the folder that this gateway's users may store from`);
}

function isKept(path: string): CairnError {
  return notAllowed(`${displayName(path)} has the gateway's own keys and data in it, or lies among them`);
}
