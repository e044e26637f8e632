import { CairnError } from "@cairn/protocol/errors";
import type { CID } from "multiformats/cid";
import type { PieceCutter, PieceSink } from "../car/piece-cutter.ts";
import type { AccountKey } from "../keys/account-key.ts";
import { encryptManifest } from "../manifest/encrypt-manifest.ts";
import type { Layout, Manifest, ManifestEntry } from "../manifest/manifest.ts";
import { countTypes } from "../manifest/type-counts.ts";
import { cidOf, DAG_PB, type Link, RAW } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import type { FoundEntry, SkippedEntry } from "../walk/found-entry.ts";
import { buildTree } from "./build-tree.ts";
import type { FileDone } from "./messages.ts";

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

export function checkIdentity(options: PackageOptions): void {
  const fault = /^[0-9a-f]{32}$/.test(options.packageId)
    ? options.repairKey.length === 32
      ? undefined
      : "the repair key has 32 bytes"
    : "the package id has 32 hex digits";
  if (fault === undefined) return;
  throw new CairnError(`the package cannot be made: ${fault}`, { code: "bad-package", kind: "input" });
}

/** What became of a tree whose files are all in the stream. */
interface PackedTree {
  layout: Exclude<Layout, "car">;
  profile: DagProfile;
  entries: readonly FoundEntry[];
  /** By the index of their entries. */
  done: ReadonlyMap<number, FileDone>;
}

/** Ends the stream with the directories above the files, and makes the manifest. */
export async function finishPackage(
  options: PackageOptions,
  { layout, profile, entries, done }: PackedTree,
  cutter: PieceCutter,
): Promise<Omit<Packed, "skipped" | "excluded">> {
  const root = await finishTree({ layout, profile, entries, done }, cutter);
  const opened: Manifest = {
    version: 1,
    package: options.packageId,
    name: options.name,
    created: options.created,
    layout,
    root,
    profile,
    repairKey: options.repairKey,
    pieces: cutter.lengths,
    entries: manifestEntries(entries, done),
    types: countTypes(done.values()),
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
  };
}

/** Ends the stream with the directories above the files; returns the root. */
export async function finishTree({ layout, profile, entries, done }: PackedTree, cutter: PieceCutter): Promise<CID> {
  const links = new Map<number, Link>();
  for (const [index, file] of done) links.set(index, linkOf(file));
  const blocks: { link: Link; block: Uint8Array }[] = [];
  const root = buildTree(layout, entries, links, profile, (link, block) => blocks.push({ link, block }));
  for (const { link, block } of blocks) await cutter.block(link.codec, link.digest, block);
  await cutter.finish();
  return cidOf(root);
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
