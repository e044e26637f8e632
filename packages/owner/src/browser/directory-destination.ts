import { displayName } from "@cairn/archive/names";
import { CairnError } from "@cairn/protocol/errors";
import type { Destination, Restored } from "../get.ts";
import { type StreamedEntry, streamDestination } from "../stream-destination.ts";
import type { DirectoryHandle } from "./platform.ts";

/** What a browser's folder cannot hold as it was. */
export interface Left {
  path: string;
  /** A browser makes no links, and refuses names that some systems give a meaning to, or take for one that is there. */
  why: "link" | "name";
}

/** What came back. Modes and times did not: browsers set none. */
export interface Written extends Restored {
  left: Left[];
}

/**
 * A folder that a person chose; what comes lies in a new one below it, called `name`. A file appears when it is whole, the folder as it fills.
 * A get that fails leaves the files that were complete.
 */
export function directoryDestination(chosen: DirectoryHandle, name: string): Destination<Written> {
  const restoring = async (work: (destination: Destination) => Promise<Restored>): Promise<Written> => {
    const left: Left[] = [];
    const folders = new Map<string, DirectoryHandle | undefined>([["", undefined]]);
    return { ...(await work(streamDestination((entry) => take(chosen, { name, folders, left }, entry)))), left };
  };
  return {
    async assertFree() {
      for await (const other of chosen.values()) if (other.name === name) throw exists(chosen, name);
    },
    takeWhole: (all) => restoring((destination) => destination.takeWhole(all)),
    takePath: (part) => restoring((destination) => destination.takePath(part)),
    takeBytes: (file) => restoring((destination) => destination.takeBytes(file)),
  };
}

interface State {
  name: string;
  /** By their paths; undefined for one that could not be made. */
  folders: Map<string, DirectoryHandle | undefined>;
  left: Left[];
}

async function take(chosen: DirectoryHandle, state: State, { path, entry, bytes }: StreamedEntry): Promise<void> {
  const { folders, left } = state;
  const slash = path.lastIndexOf("/");
  const parent = path === "" ? chosen : folders.get(path.slice(0, Math.max(0, slash)));
  const name = path === "" ? state.name : path.slice(slash + 1);
  if (entry?.kind === "symlink") {
    left.push({ path: displayName(path), why: "link" });
    return;
  }
  if (entry?.kind === "directory") {
    const made = parent && (await named(name, (create) => parent.getDirectoryHandle(name, { create })));
    if (made === undefined) left.push({ path: displayName(path), why: "name" });
    folders.set(path, made);
    return;
  }
  const file = parent && (await named(name, (create) => parent.getFileHandle(name, { create })));
  if (file === undefined) {
    left.push({ path: displayName(path), why: "name" });
    // It is checked all the same.
    for await (const _ of bytes ?? []);
    return;
  }
  const target = await file.createWritable();
  try {
    for await (const part of bytes ?? []) await target.write(part);
    await target.close();
  } catch (error) {
    await target.abort(error).catch(() => undefined);
    throw error;
  }
}

/**
 * Undefined for a name that the browser does not allow (WHATWG File System, "valid file name"), would write as another, or that is there already:
 * where systems take two names for one, the second would overwrite the first.
 */
async function named<T>(name: string, make: (create: boolean) => Promise<T>): Promise<T | undefined> {
  if (!name.isWellFormed()) return undefined;
  try {
    await make(false);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name === "TypeMismatchError" || error instanceof TypeError) return undefined;
    if (error.name !== "NotFoundError") throw error;
  }
  return make(true);
}

function exists(chosen: DirectoryHandle, name: string): CairnError {
  return new CairnError(`${chosen.name} has something that is called ${name} already`, {
    code: "destination-exists",
    kind: "conflict",
    next: "Choose another folder, or move it away.",
  });
}
