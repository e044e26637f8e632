import { CairnError } from "@cairn/protocol/errors";
import { displayName } from "../walk/names.ts";
import type { BlobTask, PackSettings } from "./messages.ts";
import { type SegmentPort, SegmentWriter } from "./segment-writer.ts";
import { type Content, ContentPacker, READ_BYTES } from "./store-content.ts";

/** A file that changed less than this before it was read could change again unseen: times of browsers are of whole milliseconds, FAT's of two seconds. */
const SETTLED_MILLISECONDS = 2_000;

/** As `FilePacker`, of files that a page was given. Runs in a worker or in the caller's thread. */
export class BlobPacker {
  private readonly contents: ContentPacker;
  private readonly port: SegmentPort;

  private constructor(contents: ContentPacker, port: SegmentPort) {
    this.contents = contents;
    this.port = port;
  }

  static async create(settings: PackSettings, port: SegmentPort): Promise<BlobPacker> {
    return new BlobPacker(await ContentPacker.create(settings), port);
  }

  /** Throws `unreadable-path` or `file-changed`, naming the file. */
  async pack(job: number, files: readonly BlobTask[]): Promise<void> {
    const writer = new SegmentWriter(this.port, job);
    for (const { blob, path, ...listed } of files) {
      const opened = Date.now();
      const root = await this.contents.store(new BlobContent(blob, path), writer);
      if (!root) throw changed(path);
      const { size: stored, codec, digest, tsize, type } = root;
      const modified = listed.seconds * 1000 + listed.nanoseconds / 1e6;
      const version = opened - modified > SETTLED_MILLISECONDS ? listed.version : "";
      writer.fileDone({ ...listed, version, size: blob.size, stored, codec, digest, tsize, type });
    }
    writer.finish();
  }
}

/** Read piece by piece, one ahead. A browser refuses to read a file that is no longer as it was when the page got it. */
class BlobContent implements Content {
  readonly size: number;
  private readonly blob: Blob;
  private readonly path: string;
  private ahead: { at: number; bytes: Promise<ArrayBuffer> } | undefined;

  constructor(blob: Blob, path: string) {
    this.size = blob.size;
    this.blob = blob;
    this.path = path;
  }

  async fill(target: Uint8Array, at: number): Promise<boolean> {
    const whole = this.ahead?.at === at ? this.ahead : this.read(at, target.length);
    const next = at + target.length;
    // The same length again is what is asked for next, but for the last.
    this.ahead = next < this.size ? this.read(next, Math.min(READ_BYTES, this.size - next)) : undefined;
    const bytes = await whole.bytes.catch((cause: unknown) => {
      throw unread(this.path, cause);
    });
    if (bytes.byteLength < target.length) return false;
    target.set(new Uint8Array(bytes, 0, target.length));
    return true;
  }

  endsThere(): boolean {
    return true;
  }

  private read(at: number, length: number): { at: number; bytes: Promise<ArrayBuffer> } {
    const bytes = this.blob.slice(at, at + length).arrayBuffer();
    // Thrown where it is waited for.
    bytes.catch(() => undefined);
    return { at, bytes };
  }
}

function unread(path: string, cause: unknown): CairnError {
  // W3C File API, 5.2: a file that was changed, moved or removed since it was handed to the page.
  const name = cause instanceof Error ? cause.name : "";
  if (name === "NotReadableError" || name === "NotFoundError") return changed(path, cause);
  const shown = displayName(path);
  return new CairnError(`${shown} cannot be read`, {
    code: "unreadable-path",
    kind: "input",
    next: "Allow the page to read it, or leave it out, and try again.",
    details: { path: shown },
    cause,
  });
}

function changed(path: string, cause?: unknown): CairnError {
  const shown = displayName(path);
  return new CairnError(`${shown} changed, or went away, after it was chosen`, {
    code: "file-changed",
    kind: "conflict",
    next: "Choose the folder again: what was uploaded and did not change is not uploaded again.",
    details: { path: shown },
    cause,
  });
}
