import { toBase64 } from "@cairn/protocol/wire/base64";
import type { PieceCutter } from "../car/piece-cutter.ts";
import type { FoundEntry } from "../walk/found-entry.ts";
import { pathsOf } from "../walk/tree-paths.ts";
import { type Checkpoint, filesByEntry, markOf } from "./checkpoint.ts";
import type { FileDone, Segment } from "./messages.ts";

export interface PackProgress {
  files: number;
  /** Plaintext bytes. */
  bytes: number;
  totalFiles: number;
  totalBytes: number;
}

/** How a listed tree goes into a package's stream. */
export interface FileStreamOptions {
  signal?: AbortSignal;
  onProgress?: (progress: PackProgress) => void;
  /**
   * Where an earlier packing of the same package had come, and the sink still has it: the files up to there are neither read nor encrypted.
   * They are unchanged by what is listed now (`unchangedCheckpoints`).
   */
  from?: readonly Checkpoint[];
  /** Called between files when the sink has taken all before, every few megabytes. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

/** Puts the segments of a listed tree's files into the package's stream in order, whoever made them, and says how far it is. */
export class FileStream {
  /** By the index of their entries. */
  readonly done: Map<number, FileDone>;
  readonly progress: PackProgress;
  private readonly paths: string[];
  private readonly cutter: PieceCutter;
  private readonly options: FileStreamOptions;
  private pieces: number;
  private files: FileDone[] = [];

  constructor(entries: readonly FoundEntry[], cutter: PieceCutter, options: FileStreamOptions) {
    const found = entries.filter((entry) => entry.kind === "file");
    this.done = filesByEntry(entries, options.from ?? []);
    this.progress = {
      files: this.done.size,
      bytes: [...this.done.values()].reduce((sum, file) => sum + file.size, 0),
      totalFiles: found.length,
      totalBytes: found.reduce((sum, entry) => sum + entry.size, 0),
    };
    this.paths = pathsOf(entries);
    this.cutter = cutter;
    this.options = options;
    this.pieces = cutter.pieces.length;
  }

  consume = async (segment: Segment): Promise<void> => {
    const { cutter, progress } = this;
    const { signal, onProgress, onCheckpoint } = this.options;
    signal?.throwIfAborted();
    await cutter.frames(new Uint8Array(segment.buffer, 0, segment.length), segment.frames);
    for (const file of segment.done) this.done.set(file.entry, file);
    progress.files += segment.done.length;
    progress.bytes += segment.read;
    onProgress?.({ ...progress });
    for (const file of segment.done) this.files.push(file);
    if (!segment.last) return;
    const checkpoint: Checkpoint = {
      files: this.files.map(({ entry, digest, ...file }) => ({
        ...file,
        path: this.paths[entry] ?? "",
        digest: toBase64(digest),
      })),
      ended: cutter.pieces.slice(this.pieces).map(markOf),
      at: markOf(cutter.underWay),
    };
    this.pieces = cutter.pieces.length;
    this.files = [];
    await onCheckpoint?.(checkpoint);
  };
}
