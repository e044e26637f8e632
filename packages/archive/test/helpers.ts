import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import {
  type AccountKey,
  carHeader,
  type GetBlocks,
  type PackageOptions,
  type Packed,
  type PackFolderOptions,
  packFolder,
  scanCar,
} from "../src/index.ts";

const PACKAGE_ID = "00112233445566778899aabbccddeeff";

/** A folder of its own, removed by `remove`. */
export function scratch(): { path: string; join: (...parts: string[]) => string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "cairn-archive-"));
  return {
    path,
    join: (...parts) => join(path, ...parts),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What every package of these tests has in common. */
export function identity(key: AccountKey): Omit<PackageOptions, "sink"> {
  return { key, packageId: PACKAGE_ID, name: "test", repairKey: Buffer.alloc(32, 7), created: 1_763_000_000 };
}

/** Keeps pieces in memory. */
export class MemorySink {
  readonly parts: Buffer[][] = [];
  readonly cuts: number[] = [];

  write(piece: number, bytes: Uint8Array): void {
    const parts = this.parts[piece] ?? [];
    parts.push(Buffer.from(bytes));
    this.parts[piece] = parts;
  }

  cut(piece: number): void {
    this.cuts.push(piece);
  }

  /** The CAR files. */
  pieces(root: CID): Buffer[] {
    return this.cuts.map((piece) => Buffer.concat([carHeader(root), ...(this.parts[piece] ?? [])]));
  }
}

export async function packed(
  options: Partial<PackFolderOptions> & { path: string; key: AccountKey },
): Promise<{ result: Packed; pieces: Buffer[] }> {
  const sink = new MemorySink();
  const result = await packFolder({ ...identity(options.key), sink, ...options });
  return { result, pieces: sink.pieces(result.root) };
}

export async function* chunksOf(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Serves blocks out of pieces, and counts them. */
export async function blockStore(pieces: Uint8Array[]): Promise<{ getBlocks: GetBlocks; asked: string[] }> {
  const blocks = new Map<string, Uint8Array>();
  for (const piece of pieces) {
    for await (const { cid, bytes } of (await scanCar([piece])).blocks) blocks.set(cid.toString(), bytes);
  }
  const asked: string[] = [];
  return {
    asked,
    async *getBlocks(cids) {
      for (const cid of cids) {
        asked.push(cid.toString());
        const bytes = blocks.get(cid.toString());
        if (bytes) yield bytes;
      }
    },
  };
}

export type Tree = { [name: string]: Tree | Buffer | { link: string } };

export function makeTree(path: string, tree: Tree): void {
  mkdirSync(path, { recursive: true });
  for (const [name, value] of Object.entries(tree)) {
    const place = join(path, name);
    if (Buffer.isBuffer(value)) writeFileSync(place, value);
    else if ("link" in value && typeof value.link === "string") symlinkSync(value.link, place);
    else makeTree(place, value as Tree);
  }
}

/** Every entry below a folder with all that a restore must give back, one line each. */
export function listing(path: string): string[] {
  const lines: string[] = [];
  const visit = (place: Buffer, shown: string): void => {
    const stats = lstatSync(place, { bigint: true });
    const common = `${shown} ${(stats.mode & 0o7777n).toString(8)} ${stats.mtimeNs}`;
    if (stats.isSymbolicLink()) {
      lines.push(`${shown} link ${stats.mtimeNs} ${readlinkSync(place, { encoding: "buffer" }).toString("hex")}`);
    } else if (stats.isDirectory()) {
      lines.push(`${common} directory`);
      for (const name of readdirSync(place, { encoding: "buffer" })) {
        visit(Buffer.concat([place, Buffer.from("/"), name]), `${shown}/${name.toString("hex")}`);
      }
    } else {
      lines.push(`${common} ${readFileSync(place).toString("base64")}`);
    }
  };
  visit(Buffer.from(path), "");
  return lines.sort();
}
