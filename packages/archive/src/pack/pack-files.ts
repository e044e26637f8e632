import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { CairnError } from "@cairn/core/errors";
import { type Seal, sealerOf } from "../keys/recipient.ts";
import { MessageComposer, messageLengths } from "../openpgp/compose-message.ts";
import { FileDag } from "../unixfs/file-dag.ts";
import { type Link, RAW } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import { displayName, nameOfBytes } from "../walk/names.ts";
import { splitTime, unreadable } from "../walk/walk-folder.ts";
import type { FileTask, PackSettings } from "./messages.ts";
import { type SegmentPort, SegmentWriter } from "./segment-writer.ts";

const READ_BYTES = 1_048_576;

/** Reads, encrypts, hashes and frames files, one job after the other. Runs in a worker or in the caller's thread. */
export class FilePacker {
  private readonly profile: DagProfile;
  private readonly seal: Seal | undefined;
  private readonly port: SegmentPort;
  private readonly plain = Buffer.allocUnsafeSlow(READ_BYTES);

  private constructor(profile: DagProfile, seal: Seal | undefined, port: SegmentPort) {
    this.profile = profile;
    this.seal = seal;
    this.port = port;
  }

  static async create(settings: PackSettings, port: SegmentPort): Promise<FilePacker> {
    const seal = settings.recipient && (await sealerOf(settings.recipient));
    return new FilePacker(settings.profile, seal, port);
  }

  /** Throws `unreadable-path` or `file-changed`, naming the file. */
  async pack(job: number, files: FileTask[]): Promise<void> {
    const writer = new SegmentWriter(this.port, job);
    for (const file of files) {
      const mark = writer.mark();
      if (await this.packFile(file, writer)) continue;
      // A second chance for a file that was being written, while none of its blocks has left this thread.
      if (!writer.backTo(mark) || !(await this.packFile(file, writer))) throw changed(file);
    }
    writer.finish();
  }

  /** False when the file changed while it was read. */
  private async packFile(file: FileTask, writer: SegmentWriter): Promise<boolean> {
    const fd = open(file);
    try {
      const before = fstatSync(fd, { bigint: true });
      if (!before.isFile()) throw changed(file);
      const size = Number(before.size);
      const root = await this.store(file, fd, size, writer);
      if (!root || !same(before, fstatSync(fd, { bigint: true }))) return false;
      writer.fileDone({
        entry: file.entry,
        size,
        stored: root.size,
        codec: root.codec,
        digest: root.digest,
        tsize: root.tsize,
        mode: Number(before.mode & 0o7777n),
        ...splitTime(before.mtimeNs),
      });
      return true;
    } finally {
      closeSync(fd);
    }
  }

  /** Undefined when the file is shorter than `size`. */
  private async store(file: FileTask, fd: number, size: number, writer: SegmentWriter): Promise<Link | undefined> {
    const dag = new FileDag(this.profile);
    const stored = this.seal
      ? await this.storeSealed(this.seal, file, fd, size, { writer, dag })
      : await this.storeAsIs(file, fd, size, { writer, dag });
    if (!stored) return undefined;
    const nodes: { link: Link; block: Uint8Array }[] = [];
    const root = dag.finish((link, block) => nodes.push({ link, block }));
    for (const { link, block } of nodes) {
      (await writer.open(block.length)).set(block);
      writer.close(link.codec);
    }
    return root;
  }

  private async storeAsIs(file: FileTask, fd: number, size: number, out: Output): Promise<boolean> {
    for (let at = 0; at < size || at === 0; at += this.profile.chunk) {
      const leaf = await out.writer.open(Math.min(this.profile.chunk, size - at));
      if (!fill(file, fd, leaf, at)) return false;
      out.writer.countRead(leaf.length);
      out.dag.add(out.writer.close(RAW), leaf.length);
    }
    return true;
  }

  private async storeSealed(seal: Seal, file: FileTask, fd: number, size: number, out: Output): Promise<boolean> {
    const { session, packet } = await seal();
    const { total } = messageLengths(size, packet.length);
    const leaves = new LeafFiller(total, this.profile.chunk, out);
    const pending: Uint8Array[] = [];
    const composer = new MessageComposer(session, packet, size, (bytes) => pending.push(bytes));
    for (let at = 0; at < size; at += READ_BYTES) {
      const plain = this.plain.subarray(0, Math.min(READ_BYTES, size - at));
      if (!fill(file, fd, plain, at)) return false;
      out.writer.countRead(plain.length);
      composer.update(plain);
      await leaves.write(pending);
    }
    composer.finish();
    await leaves.write(pending);
    return true;
  }
}

interface Output {
  writer: SegmentWriter;
  dag: FileDag;
}

/** Lays a stream of known length into leaves. */
class LeafFiller {
  private left: number;
  private leaf: Uint8Array | undefined;
  private filled = 0;
  private readonly chunk: number;
  private readonly out: Output;

  constructor(total: number, chunk: number, out: Output) {
    this.left = total;
    this.chunk = chunk;
    this.out = out;
  }

  /** Takes all of `pending`, and empties it. */
  async write(pending: Uint8Array[]): Promise<void> {
    for (const bytes of pending) {
      let rest = bytes;
      while (rest.length > 0) {
        this.leaf ??= await this.out.writer.open(Math.min(this.chunk, this.left));
        const part = rest.subarray(0, this.leaf.length - this.filled);
        this.leaf.set(part, this.filled);
        this.filled += part.length;
        rest = rest.subarray(part.length);
        if (this.filled === this.leaf.length) this.closeLeaf(this.leaf.length);
      }
    }
    pending.length = 0;
  }

  private closeLeaf(length: number): void {
    this.out.dag.add(this.out.writer.close(RAW), length);
    this.left -= length;
    this.leaf = undefined;
    this.filled = 0;
  }
}

function open(file: FileTask): number {
  try {
    // Never through a link, and never waiting for a pipe: both would mean that the file was replaced since the walk.
    return openSync(Buffer.from(file.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ELOOP" || code === "ENXIO") throw changed(file, cause);
    throw unreadable(shown(file), cause);
  }
}

/** Fills the target from `at` on; false when the file ends before. */
function fill(file: FileTask, fd: number, target: Uint8Array, at: number): boolean {
  try {
    for (let filled = 0; filled < target.length; ) {
      const read = readSync(fd, target, filled, target.length - filled, at + filled);
      if (read === 0) return false;
      filled += read;
    }
    return true;
  } catch (cause) {
    throw unreadable(shown(file), cause);
  }
}

function same(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs;
}

function shown(file: FileTask): string {
  return displayName(nameOfBytes(file.path));
}

function changed(file: FileTask, cause?: unknown): CairnError {
  return new CairnError(`${shown(file)} changed while it was read.`, {
    code: "file-changed",
    kind: "conflict",
    next: "Stop what writes to it, or put a copy or snapshot of the folder instead.",
    details: { path: shown(file) },
    cause,
  });
}
