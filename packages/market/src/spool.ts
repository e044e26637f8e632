import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { CAR_HEADER_BYTES, CairnError, type PackageId } from "@cairn/protocol";

/** Always left free, for the database and the logs. */
const RESERVED_BYTES = 268_435_456;

/** File in a spool that has its id: gateways that share the directory share the id. */
export const SPOOL_ID = "spool-id";

/** Files on their way through this gateway: `PACKAGE/NUMBER.car` for pieces, `PACKAGE/NUMBER-SHARD.shard` for rebuilt shards. */
export class Spool {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  piecePath(id: PackageId, piece: number): string {
    return join(this.directory, id, `${piece}.car`);
  }

  shardPath(id: PackageId, piece: number, shard: number): string {
    return join(this.directory, id, `${piece}-${shard}.shard`);
  }

  async prepare(id: PackageId): Promise<void> {
    await mkdir(join(this.directory, id), { recursive: true, mode: 0o700 });
  }

  /** Open for reading and writing, made when missing. */
  async openFile(path: string): Promise<FileHandle> {
    return open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  async size(path: string): Promise<number | undefined> {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Body bytes (after the reserved header) of each piece that is there, by number. */
  async received(id: PackageId): Promise<Map<number, number>> {
    const pieces = new Map<number, number>();
    for (const name of await this.#list(join(this.directory, id))) {
      const number = /^(\d{1,6})\.car$/.exec(name)?.[1];
      if (number === undefined) continue;
      const size = await this.size(join(this.directory, id, name));
      pieces.set(Number(number), Math.max(0, (size ?? 0) - CAR_HEADER_BYTES));
    }
    return pieces;
  }

  /** Bytes of all files of a package. */
  async bytes(id: PackageId): Promise<number> {
    let sum = 0;
    for (const name of await this.files(id)) sum += (await this.size(join(this.directory, id, name))) ?? 0;
    return sum;
  }

  async removeFile(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async removePackage(id: PackageId): Promise<void> {
    await rm(join(this.directory, id), { recursive: true, force: true });
  }

  /** Names of package directories. */
  async packages(): Promise<string[]> {
    return this.#list(this.directory);
  }

  async files(id: PackageId): Promise<string[]> {
    return this.#list(join(this.directory, id));
  }

  async freeBytes(): Promise<number> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.directory);
    return Math.max(0, bavail * bsize - RESERVED_BYTES);
  }

  /** @throws CairnError `no-space` unless `bytes` more fit on the disk. */
  async assertSpace(bytes: number, what: string): Promise<void> {
    const free = await this.freeBytes();
    if (bytes <= free) return;
    throw noSpace(what, bytes, free);
  }

  async #list(directory: string): Promise<string[]> {
    try {
      return await readdir(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}

export function noSpace(what: string, needed: number, free: number): CairnError {
  const gib = (bytes: number) => `${(bytes / 1_073_741_824).toFixed(2)} GiB`;
  return new CairnError(`no space for ${what}: ${gib(needed)} needed, ${gib(free)} free`, {
    code: "no-space",
    kind: "exhausted",
    next: "Free space on the disk that holds the home, or store less.",
    details: { needed, free },
  });
}

/** A full disk as `no-space`; any other error as it is. */
export function asNoSpace(error: unknown, what: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new CairnError(`the disk is full: no space for ${what}`, {
    code: "no-space",
    kind: "exhausted",
    next: "Free space on the disk that holds the home, then try again.",
    cause: error,
  });
}
