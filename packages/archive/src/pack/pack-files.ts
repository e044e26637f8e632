import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { CairnError } from "@cairn/protocol/errors";
import { atPath } from "../walk/at-path.ts";
import { confined } from "../walk/confined.ts";
import { displayName, nameOfBytes } from "../walk/names.ts";
import { splitTime, unreadable, versionOf } from "../walk/walk-folder.ts";
import type { FileTask, PackSettings } from "./messages.ts";
import { type SegmentPort, SegmentWriter } from "./segment-writer.ts";
import { type Content, ContentPacker } from "./store-content.ts";

/** Content of unknown size is kept in memory; files of /proc and /sys are far smaller. */
const MAX_UNSIZED_BYTES = 16_777_216;
/** Below /proc a larger read gives no more than a page or so at a time. */
const UNSIZED_READ_BYTES = 65_536;
const SECOND_NS = 1_000_000_000n;
/** A file that changed less than its clock's step before it was read could change again unseen. FAT's step is the longest. */
const COARSEST_CLOCK_NS = 2n * SECOND_NS;
/** File systems that keep parts of a second step with the kernel, every 10 ms at most; exFAT too. */
const FINE_CLOCK_NS = 100_000_000n;

/** Reads, encrypts, hashes and frames files, one job after the other. Runs in a worker or in the caller's thread. */
export class FilePacker {
  private readonly contents: ContentPacker;
  private readonly port: SegmentPort;
  private readonly within: Uint8Array | undefined;

  private constructor(contents: ContentPacker, port: SegmentPort, within: Uint8Array | undefined) {
    this.contents = contents;
    this.port = port;
    this.within = within;
  }

  static async create(settings: PackSettings, port: SegmentPort): Promise<FilePacker> {
    return new FilePacker(await ContentPacker.create(settings), port, settings.within);
  }

  /** Throws `unreadable-path`, `file-changed` or `file-without-size`, naming the file. */
  async pack(job: number, files: FileTask[]): Promise<void> {
    const writer = new SegmentWriter(this.port, job);
    for (const file of files) {
      const mark = writer.mark();
      const outcome = await this.packFile(file, writer, sized);
      if (outcome === "packed") continue;
      // A second chance for a file that was being written, while none of its blocks has left this thread.
      if (!writer.backTo(mark)) throw outcome === "another-size" ? withoutSize(file) : changed(file);
      const again = await this.packFile(file, writer, outcome === "another-size" ? readWhole : sized);
      if (again !== "packed") throw changed(file);
    }
    writer.finish();
  }

  private async packFile(file: FileTask, writer: SegmentWriter, contentOf: ContentOf): Promise<Outcome> {
    const opened = BigInt(Date.now()) * 1_000_000n;
    const fd = open(file, this.within);
    try {
      const before = fstatSync(fd, { bigint: true });
      if (!before.isFile()) throw changed(file);
      const content = contentOf(file, fd, Number(before.size));
      const root = await this.contents.store(content, writer);
      const isWhole = root !== undefined && (await content.endsThere());
      const after = fstatSync(fd, { bigint: true });
      if (!same(before, after)) return "changed";
      if (!root || !isWhole) return "another-size";
      writer.fileDone({
        entry: file.entry,
        size: content.size,
        stored: root.size,
        codec: root.codec,
        digest: root.digest,
        tsize: root.tsize,
        type: root.type,
        mode: Number(before.mode & 0o7777n),
        ...splitTime(before.mtimeNs),
        version:
          isSettled(before, opened) && BigInt(content.size) === after.size && versionOf(before) === versionOf(after)
            ? versionOf(after)
            : "",
      });
      return "packed";
    } finally {
      closeSync(fd);
    }
  }
}

function open(file: FileTask, within: Uint8Array | undefined): number {
  // Never through a link, and never waiting for a pipe: both would mean that the file was replaced since the walk.
  const openFile = (place: Buffer) => openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return within === undefined ? atPath(file.path, openFile) : confined(file.path, within, openFile);
  } catch (cause) {
    if (cause instanceof CairnError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ELOOP" || code === "ENXIO") throw changed(file, cause);
    throw unreadable(shown(file), cause);
  }
}

type Outcome = "packed" | "changed" | "another-size";

type ContentOf = (file: FileTask, fd: number, size: number) => Content;

/** A file as nearly all are: it holds as many bytes as the system says. */
function sized(file: FileTask, fd: number, size: number): Content {
  const fill = (target: Uint8Array, at: number): boolean => {
    for (let filled = 0; filled < target.length; ) {
      const read = readAt(file, fd, target.subarray(filled), at + filled);
      if (read === 0) return false;
      filled += read;
    }
    return true;
  };
  return { size, fill, endsThere: () => readAt(file, fd, new Uint8Array(1), size) === 0 };
}

/** A file whose size shows only when it is read, as below /proc and /sys: read once, to its end. */
function readWhole(file: FileTask, fd: number): Content {
  const parts: Buffer[] = [];
  let size = 0;
  for (;;) {
    const part = Buffer.allocUnsafe(UNSIZED_READ_BYTES);
    const read = readAt(file, fd, part, size);
    if (read === 0) break;
    parts.push(part.subarray(0, read));
    size += read;
    if (size > MAX_UNSIZED_BYTES) throw withoutSize(file);
  }
  const all = Buffer.concat(parts);
  const fill = (target: Uint8Array, at: number): boolean => {
    target.set(all.subarray(at, at + target.length));
    return true;
  };
  return { size, fill, endsThere: () => true };
}

function readAt(file: FileTask, fd: number, target: Uint8Array, at: number): number {
  try {
    return readSync(fd, target, 0, target.length, at);
  } catch (cause) {
    throw unreadable(shown(file), cause);
  }
}

function same(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs;
}

/** Whether any later change shows in its times. */
function isSettled(stats: BigIntStats, now: bigint): boolean {
  return [stats.ctimeNs, stats.mtimeNs].every(
    (time) => now - time >= (time % SECOND_NS === 0n ? COARSEST_CLOCK_NS : FINE_CLOCK_NS),
  );
}

function shown(file: FileTask): string {
  return displayName(nameOfBytes(file.path));
}

function changed(file: FileTask, cause?: unknown): CairnError {
  return new CairnError(`${shown(file)} changed while it was read`, {
    code: "file-changed",
    kind: "conflict",
    next: "Stop what writes to it, or put a copy or snapshot of the folder instead.",
    details: { path: shown(file) },
    cause,
  });
}

function withoutSize(file: FileTask): CairnError {
  return new CairnError(
    `${shown(file)} holds another number of bytes than the system says, and too many to keep in memory`,
    {
      code: "file-without-size",
      kind: "input",
      next: "Copy it into a regular file and put that, or leave it out.",
      details: { path: shown(file) },
    },
  );
}
