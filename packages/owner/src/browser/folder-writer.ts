import type { DirectoryHandle, FileHandle } from "./platform.ts";

/** What is done with a file that is there already: it stays, or what comes takes its place. */
export type Existing = "keep" | "replace";

/** `kept`: a file of that name was there and stays. `refused`: the browser does not write such a name, or another kind of thing has it. */
export type Outcome = "written" | "kept" | "refused";

/**
 * Writes files and folders below a folder that a person chose. Nothing is written outside of it, as names are given one by one and never as a path; a
 * file appears when it is whole, and what was there stays until then.
 */
export class FolderWriter {
  /** By their paths; undefined for one that could not be made. */
  readonly #folders = new Map<string, DirectoryHandle | undefined>();
  readonly #existing: Existing;

  constructor(chosen: DirectoryHandle, existing: Existing) {
    this.#folders.set("", chosen);
    this.#existing = existing;
  }

  /** @param path its parent was given before */
  async folder(path: string): Promise<Outcome> {
    const { parent, name } = this.#placeOf(path);
    const made = await (parent === undefined
      ? undefined
      : orRefused(parent.getDirectoryHandle(name, { create: true })));
    this.#folders.set(path, made);
    return made === undefined ? "refused" : "written";
  }

  /** Whatever is not written is not read either. */
  async file(path: string, bytes: AsyncIterable<Uint8Array>): Promise<Outcome> {
    const { parent, name } = this.#placeOf(path);
    if (parent === undefined) return "refused";
    const before = await found(parent, name);
    if (before === "other") return "refused";
    if (before !== undefined && this.#existing === "keep") return "kept";
    const file = before ?? (await orRefused(parent.getFileHandle(name, { create: true })));
    if (file === undefined) return "refused";
    try {
      await fill(file, bytes);
    } catch (error) {
      // An empty file would look like the one that was wanted.
      if (before === undefined) await parent.removeEntry(name).catch(() => undefined);
      throw error;
    }
    return "written";
  }

  #placeOf(path: string): { parent: DirectoryHandle | undefined; name: string } {
    const slash = path.lastIndexOf("/");
    return { parent: this.#folders.get(path.slice(0, Math.max(0, slash))), name: path.slice(slash + 1) };
  }
}

async function fill(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const target = await file.createWritable();
  try {
    for await (const part of bytes) await target.write(part);
    await target.close();
  } catch (error) {
    await target.abort(error).catch(() => undefined);
    throw error;
  }
}

/** The file of that name; "other" where it is none, or the browser allows no such name. */
async function found(parent: DirectoryHandle, name: string): Promise<FileHandle | "other" | undefined> {
  try {
    return await parent.getFileHandle(name);
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundError") return undefined;
    if (isRefusal(error)) return "other";
    throw error;
  }
}

async function orRefused<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** WHATWG File System: a name that is no "valid file name", and one that something of another kind has. */
const isRefusal = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && error.name === "TypeMismatchError");
