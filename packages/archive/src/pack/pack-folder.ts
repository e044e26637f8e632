import { availableParallelism } from "node:os";
import { CairnError } from "@cairn/protocol/errors";
import { MAX_PIECE_BYTES } from "@cairn/protocol/words";
import type { CID } from "multiformats/cid";
import { PieceCutter, type PieceSink } from "../car/piece-cutter.ts";
import { type AccountKey, assertUsable } from "../keys/account-key.ts";
import { recipientOf } from "../keys/recipient.ts";
import { encryptManifest } from "../manifest/encrypt-manifest.ts";
import type { Layout, Manifest, ManifestEntry } from "../manifest/manifest.ts";
import { cidOf, DAG_PB, type Link, RAW } from "../unixfs/links.ts";
import { type DagProfile, UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import type { Excluder } from "../walk/exclude.ts";
import { pathsOf } from "../walk/tree-paths.ts";
import { type FoundEntry, type SkippedEntry, type Walked, walkFolder } from "../walk/walk-folder.ts";
import { buildTree, nameInDag } from "./build-tree.ts";
import { type Checkpoint, filesByEntry, markOf, pieceOf, piecesOf } from "./checkpoint.ts";
import type { FileDone, PackSettings, Segment } from "./messages.ts";
import { planJobs } from "./plan-jobs.ts";
import { runJobs, runJobsHere } from "./run-jobs.ts";

export interface PackProgress {
  files: number;
  /** Plaintext bytes. */
  bytes: number;
  totalFiles: number;
  totalBytes: number;
}

/** What every way of making a package takes. */
export interface PackageOptions {
  /** Unlocked; encrypts the contents, encrypts and signs the manifest. */
  key: AccountKey;
  /** 32 hex digits. */
  packageId: string;
  name: string;
  /** 32 random bytes that mask the shards. */
  repairKey: Uint8Array;
  /** UNIX seconds. */
  created: number;
  sink: PieceSink;
  /** Most bytes of a piece, header included; MAX_PIECE_BYTES unless set. */
  pieceLimit?: number;
  signal?: AbortSignal;
}

export interface PackFolderOptions extends PackageOptions {
  /** A folder or a single file. */
  path: string;
  /** Leaves entries out, by their path below the folder. */
  exclude?: Excluder;
  /** `private` unless set. */
  layout?: Exclude<Layout, "car">;
  onProgress?: (progress: PackProgress) => void;
  /** Worker threads; 0 packs in this thread. At most two, and none for less than a megabyte, unless set. */
  threads?: number;
  profile?: DagProfile;
  /** What is packed as it was listed, instead of listing it anew. */
  walked?: Walked;
  /**
   * Where an earlier packing of the same package had come, and the sink still has it: the files up to there are neither read nor encrypted.
   * They are unchanged by `walked` (`unchangedCheckpoints`).
   */
  from?: readonly Checkpoint[];
  /** Called between files when the sink has taken all before, every few megabytes. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

export interface Packed {
  root: CID;
  /** Lengths of the CAR files, their 59-byte headers included. */
  pieces: { length: number }[];
  /** One OpenPGP message. */
  manifest: Uint8Array;
  /** Not encrypted: for the caller's own use. */
  opened: Manifest;
  files: number;
  /** Plaintext bytes. */
  bytes: number;
  /** Special files that were left out. */
  skipped: SkippedEntry[];
  /** Entries that a rule left out. */
  excluded: number;
}

const SMALL_FILES = 64;
const SMALL_BYTES = 1_048_576;

/**
 * Streams a folder, or one file, into CAR pieces and makes its encrypted manifest.
 * The sink gets each piece's bytes from behind its header on; write `carHeader(root)` before them in the end.
 * Throws `unreadable-path`, `file-changed`, `name-not-utf8`, `key-unusable`, `piece-limit`, and what the sink throws;
 * what the sink has got by then is void.
 */
export async function packFolder(options: PackFolderOptions): Promise<Packed> {
  const layout = options.layout ?? "private";
  const profile = options.profile ?? UNIXFS_V1_2025;
  checkIdentity(options);
  await assertUsable(options.key);
  const walked = options.walked ?? (await walkFolder(options.path, options));
  if (layout !== "private") for (const index of walked.entries.keys()) nameInDag(layout, walked.entries, index);
  const cutter = new PieceCutter(options.sink, options.pieceLimit ?? MAX_PIECE_BYTES, {
    from: piecesOf(options.from ?? []).map(pieceOf),
    chained: options.onCheckpoint !== undefined,
  });
  const recipient = layout === "unencrypted" ? undefined : await recipientOf(options.key);
  const done = await packFiles(walked, { recipient, profile }, cutter, options);
  const links = new Map<number, Link>();
  for (const [index, file] of done) links.set(index, linkOf(file));
  const blocks: { link: Link; block: Uint8Array }[] = [];
  const root = buildTree(layout, walked.entries, links, profile, (link, block) => blocks.push({ link, block }));
  for (const { link, block } of blocks) await cutter.block(link.codec, link.digest, block);
  await cutter.finish();
  const opened: Manifest = {
    version: 1,
    package: options.packageId,
    name: options.name,
    created: options.created,
    layout,
    root: cidOf(root),
    profile,
    repairKey: options.repairKey,
    pieces: cutter.lengths,
    entries: manifestEntries(walked.entries, done),
  };
  let bytes = 0;
  for (const file of done.values()) bytes += file.size;
  return {
    root: opened.root,
    pieces: cutter.lengths.map((length) => ({ length })),
    manifest: await encryptManifest(opened, options.key),
    opened,
    files: done.size,
    bytes,
    skipped: walked.skipped,
    excluded: walked.excluded,
  };
}

export function checkIdentity(options: PackageOptions): void {
  const fault = /^[0-9a-f]{32}$/.test(options.packageId)
    ? options.repairKey.length === 32
      ? undefined
      : "the repair key has 32 bytes"
    : "the package id has 32 hex digits";
  if (fault === undefined) return;
  throw new CairnError(`the package cannot be made: ${fault}`, { code: "bad-package", kind: "input" });
}

async function packFiles(
  walked: Walked,
  settings: PackSettings,
  cutter: PieceCutter,
  options: PackFolderOptions,
): Promise<Map<number, FileDone>> {
  const { signal, onProgress, onCheckpoint, from = [] } = options;
  const found = walked.entries.filter((entry) => entry.kind === "file");
  const done = filesByEntry(walked.entries, from);
  const jobs = planJobs(walked.root, walked.entries, done.size);
  const progress: PackProgress = {
    files: done.size,
    bytes: [...done.values()].reduce((sum, file) => sum + file.size, 0),
    totalFiles: found.length,
    totalBytes: found.reduce((sum, entry) => sum + entry.size, 0),
  };
  const paths = pathsOf(walked.entries);
  let pieces = cutter.pieces.length;
  let files: FileDone[] = [];
  const consume = async (segment: Segment): Promise<void> => {
    signal?.throwIfAborted();
    await cutter.frames(new Uint8Array(segment.buffer, 0, segment.length), segment.frames);
    for (const file of segment.done) done.set(file.entry, file);
    progress.files += segment.done.length;
    progress.bytes += segment.read;
    onProgress?.({ ...progress });
    for (const file of segment.done) files.push(file);
    if (!segment.last) return;
    const checkpoint: Checkpoint = {
      files: files.map(({ entry, digest, ...file }) => ({
        ...file,
        path: paths[entry] ?? "",
        digest: Buffer.from(digest).toString("base64"),
      })),
      ended: cutter.pieces.slice(pieces).map(markOf),
      at: markOf(cutter.underWay),
    };
    pieces = cutter.pieces.length;
    files = [];
    await onCheckpoint?.(checkpoint);
  };
  const small = progress.totalFiles <= SMALL_FILES && progress.totalBytes <= SMALL_BYTES;
  const threads = options.threads ?? (small ? 0 : Math.min(2, availableParallelism()));
  if (threads === 0) await runJobsHere(jobs, settings, consume);
  else await runJobs(jobs, settings, threads, consume, signal);
  return done;
}

function linkOf(file: FileDone): Link {
  return { codec: file.codec === RAW ? RAW : DAG_PB, digest: file.digest, size: file.stored, tsize: file.tsize };
}

/** Entries of a manifest, of what was listed and what became of its files. */
export function manifestEntries(entries: readonly FoundEntry[], files: ReadonlyMap<number, FileDone>): ManifestEntry[] {
  return entries.map((entry, index) => manifestEntry(entry, files.get(index)));
}

function manifestEntry(entry: FoundEntry, file: FileDone | undefined): ManifestEntry {
  const { parent, name } = entry;
  const { mode, seconds, nanoseconds } = file ?? entry;
  const common = { parent, name, mode, seconds, nanoseconds };
  if (entry.kind === "symlink") return { kind: "symlink", ...common, target: entry.target ?? "" };
  if (!file) return { kind: "directory", ...common };
  return { kind: "file", ...common, size: file.size, stored: file.stored, digest: file.digest };
}
