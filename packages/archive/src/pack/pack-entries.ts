import { CairnError } from "@cairn/protocol/errors";
import { MAX_PIECE_BYTES } from "@cairn/protocol/words";
import { ByteReader } from "../car/byte-reader.ts";
import { PieceCutter } from "../car/piece-cutter.ts";
import { assertUsable } from "../keys/account-key.ts";
import { recipientOf } from "../keys/recipient.ts";
import { type Layout, MAX_SECONDS } from "../manifest/manifest.ts";
import { type DagProfile, UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import type { FoundEntry } from "../walk/found-entry.ts";
import { bytesOfName, displayName, nameFault } from "../walk/names.ts";
import { nameInDag } from "./build-tree.ts";
import { checkIdentity, finishPackage, type PackageOptions, type Packed } from "./finish-package.ts";
import { LocalSegments } from "./local-segments.ts";
import type { FileDone } from "./messages.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { type Content, ContentPacker, type StoredContent } from "./store-content.ts";

interface CommonEntryToPack {
  /** Below the folder, '/'-separated, in string form (walk/names.ts). Folders above it need not be given. */
  path: string;
  /** 12 permission bits; those of a file are 644 and those of a folder 755 (octal) unless set. */
  mode?: number;
  /** Modification time in milliseconds since 1970, as `File.lastModified` has it; the package's `created` unless set. */
  mtime?: number;
}

export interface FileToPack extends CommonEntryToPack {
  /** Exactly as many bytes are read. */
  size: number;
  /** Read once, when its turn comes. */
  bytes: Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
}

/** Needed only for a folder with nothing in it, or with a mode or time of its own. */
export interface FolderToPack extends CommonEntryToPack {
  kind: "directory";
}

export type EntryToPack = FileToPack | FolderToPack;

export interface PackEntriesOptions extends PackageOptions {
  /** In the order in which files are to stand in the package. A single file with the path "" makes a package of one file, under `name`. */
  entries: AsyncIterable<EntryToPack> | Iterable<EntryToPack>;
  /** `private` unless set. */
  layout?: Exclude<Layout, "car">;
  /** Complete files, and plaintext bytes, so far. */
  onProgress?: (progress: { files: number; bytes: number }) => void;
  profile?: DagProfile;
}

const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * As `packFolder`, of entries that are handed in, in the caller's thread: for places without a file system of paths, such as browsers.
 * The sink gets each piece's bytes from behind its header on; write `carHeader(root)` before them in the end.
 * Throws `bad-package`, `file-changed` (a content has another size than was said), `name-not-utf8`, `key-unusable`, `piece-limit`, and what
 * the sink and the entries throw; what the sink has got by then is void.
 */
export async function packEntries(options: PackEntriesOptions): Promise<Packed> {
  const { signal, layout = "private", profile = UNIXFS_V1_2025 } = options;
  checkIdentity(options);
  await assertUsable(options.key);
  const cutter = new PieceCutter(options.sink, options.pieceLimit ?? MAX_PIECE_BYTES);
  const done = new Map<number, FileDone>();
  const progress = { files: 0, bytes: 0 };
  const segments = new LocalSegments(async (segment) => {
    signal?.throwIfAborted();
    await cutter.frames(new Uint8Array(segment.buffer, 0, segment.length), segment.frames);
    for (const file of segment.done) done.set(file.entry, file);
    progress.files += segment.done.length;
    progress.bytes += segment.read;
    options.onProgress?.({ ...progress });
  });
  const recipient = layout === "unencrypted" ? undefined : await recipientOf(options.key);
  const contents = await ContentPacker.create({ recipient, profile });
  const writer = new SegmentWriter(segments, 0);
  const tree = new Tree(options);
  for await (const entry of options.entries) {
    signal?.throwIfAborted();
    const index = tree.add(entry);
    if (layout !== "private") nameInDag(layout, tree.entries, index);
    if (!("bytes" in entry)) continue;
    const root = await store(entry, contents, writer);
    const { size: stored, codec, digest, tsize, type } = root;
    const { mode, seconds, nanoseconds } = tree.entries[index] as FoundEntry;
    writer.fileDone({
      ...{ entry: index, size: entry.size, stored, codec, digest, tsize, type },
      ...{ mode, seconds, nanoseconds, version: "" },
    });
  }
  if (tree.entries.length === 0) tree.add({ kind: "directory", path: "" });
  writer.finish();
  await segments.drain();
  const { entries } = tree;
  return { ...(await finishPackage(options, { layout, profile, entries, done }, cutter)), skipped: [], excluded: 0 };
}

async function store(file: FileToPack, contents: ContentPacker, writer: SegmentWriter): Promise<StoredContent> {
  const content = new StreamedContent(file);
  try {
    const root = await contents.store(content, writer);
    if (!root || !(await content.endsThere())) throw anotherSize(file);
    return root;
  } finally {
    await content.close();
  }
}

/** Entries as they come, behind the folders that hold them. */
class Tree {
  readonly entries: FoundEntry[] = [];
  private readonly indices = new Map<string, number>();
  /** Folders that were made because something lies in them. */
  private readonly implied = new Set<number>();
  private readonly name: string;
  private readonly created: number;

  constructor({ name, created }: Pick<PackageOptions, "name" | "created">) {
    this.name = name;
    this.created = created;
  }

  /** Returns the entry's index. Throws `bad-package`. */
  add(entry: EntryToPack): number {
    const { path } = entry;
    const isFile = "bytes" in entry;
    const known = this.indices.get(path);
    if (known !== undefined && (isFile || !this.implied.delete(known))) throw badPath(path, "is given twice");
    const found = { ...this.commonOf(entry, isFile), kind: isFile ? "file" : "directory" } as const;
    if (known !== undefined) {
      const { parent, name } = this.entries[known] as FoundEntry;
      this.entries[known] = { ...found, parent, name };
      return known;
    }
    return this.place(path, found);
  }

  private place(path: string, found: Omit<FoundEntry, "parent" | "name">): number {
    const slash = path.lastIndexOf("/");
    const name = path === "" ? this.name : path.slice(slash + 1);
    const fault = slash === 0 ? "begins with a slash" : nameFault(bytesOfName(name));
    if (fault !== undefined) throw badPath(path, fault);
    const parent = path === "" ? 0 : this.folder(path.slice(0, Math.max(0, slash)), path);
    const index = this.entries.push({ ...found, parent, name }) - 1;
    this.indices.set(path, index);
    return index;
  }

  /** The index of a folder, which is made where it is not there. */
  private folder(path: string, below: string): number {
    const known = this.indices.get(path);
    if (known === undefined) {
      const common = this.commonOf({ path }, false);
      const index = this.place(path, { ...common, kind: "directory" });
      this.implied.add(index);
      return index;
    }
    if (this.entries[known]?.kind !== "directory") throw badPath(below, "lies below a file");
    return known;
  }

  private commonOf(
    { mode, mtime }: CommonEntryToPack & { size?: number },
    isFile: boolean,
  ): Pick<FoundEntry, "mode" | "seconds" | "nanoseconds" | "size"> {
    const time = mtime === undefined ? { seconds: this.created, nanoseconds: 0 } : splitMilliseconds(mtime);
    return { mode: (mode ?? (isFile ? FILE_MODE : FOLDER_MODE)) & 0o7777, ...time, size: 0 };
  }
}

/** Whole seconds, rounded down, and the nanoseconds above them; the nearest that a manifest holds. */
export function splitMilliseconds(ms: number): { seconds: number; nanoseconds: number } {
  const seconds = Math.floor(ms / 1000);
  if (!Number.isFinite(ms)) return { seconds: 0, nanoseconds: 0 };
  if (Math.abs(seconds) > MAX_SECONDS) return { seconds: Math.sign(ms) * MAX_SECONDS, nanoseconds: 0 };
  return { seconds, nanoseconds: Math.floor((ms - seconds * 1000) * 1_000_000) };
}

/** A content of known size that comes in order. */
class StreamedContent implements Content {
  readonly size: number;
  private readonly reader: ByteReader;

  constructor({ size, bytes, path }: FileToPack) {
    if (!Number.isSafeInteger(size) || size < 0) throw badPath(path, `has no size of ${size} bytes`);
    this.size = size;
    this.reader = new ByteReader(bytes instanceof Uint8Array ? [bytes] : iterable(bytes));
  }

  async fill(target: Uint8Array): Promise<boolean> {
    for (let filled = 0; filled < target.length; ) {
      const part = await this.reader.readSome(target.length - filled);
      if (part.length === 0) return false;
      target.set(part, filled);
      filled += part.length;
    }
    return true;
  }

  endsThere(): Promise<boolean> {
    return this.reader.atEnd();
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

/** Streams of the web are iterable in some browsers only. */
async function* iterable(
  bytes: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (!("getReader" in bytes)) {
    yield* bytes;
    return;
  }
  const reader = bytes.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}

function badPath(path: string, fault: string): CairnError {
  const shown = displayName(path);
  return new CairnError(`the package cannot be made: "${shown}" ${fault}`, {
    code: "bad-package",
    kind: "input",
    next: "Give each file once, under a path of names of 1 to 255 bytes that are parted by single slashes.",
    details: { path: shown },
  });
}

function anotherSize({ path, size }: FileToPack): CairnError {
  const shown = displayName(path);
  return new CairnError(`${shown} does not hold the ${size} bytes that it was said to hold`, {
    code: "file-changed",
    kind: "conflict",
    next: "Read it again, when nothing writes to it.",
    details: { path: shown },
  });
}
