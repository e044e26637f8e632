import type { CID } from "multiformats/cid";
import { rootCodec } from "../unixfs/file-dag.ts";
import { cidOf } from "../unixfs/links.ts";
import type { DagProfile } from "../unixfs/profile.ts";
import type { TypeCounts } from "./type-counts.ts";

/**
 * How a tree becomes a DAG.
 * - `private`: the DAG is one directory of encrypted files under running numbers; names and tree are only in the manifest.
 * - `plain`: folders and names (`.gpg` appended to files) stand in the DAG; contents are encrypted.
 * - `unencrypted`: the DAG that any IPFS tool makes of the tree, symbolic links included.
 * - `car`: a DAG that was taken in as it was; the tree is unknown.
 */
export const LAYOUTS = ["private", "plain", "unencrypted", "car"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** The kinds of entry; an entry's number in the manifest is its place here. */
export const KINDS = ["directory", "file", "symlink"] as const;

/** The furthest second from 1970, either way, that a manifest holds. */
export const MAX_SECONDS = 2 ** 52;

interface CommonEntry {
  /** Index of the directory that holds it, smaller than its own; 0 for the root itself. */
  parent: number;
  /** In string form (walk/names.ts): lossless also for names that are not UTF-8. */
  name: string;
  /** 12 permission bits. */
  mode: number;
  /** Modification time since 1970; seconds are rounded down. */
  seconds: number;
  nanoseconds: number;
}

export interface DirectoryEntry extends CommonEntry {
  kind: "directory";
}

export interface FileEntry extends CommonEntry {
  kind: "file";
  /** Plaintext bytes. */
  size: number;
  /** Bytes in the DAG: ciphertext, unless the layout is `unencrypted`. */
  stored: number;
  /** sha2-256 of the root block of the file's DAG. */
  digest: Uint8Array;
}

export interface SymlinkEntry extends CommonEntry {
  kind: "symlink";
  target: string;
}

export type ManifestEntry = DirectoryEntry | FileEntry | SymlinkEntry;

export interface Manifest {
  version: 1;
  /** 32 hex digits. */
  package: string;
  name: string;
  /** UNIX seconds. */
  created: number;
  layout: Layout;
  root: CID;
  profile: DagProfile;
  /** 32 bytes; masks shards and is all that a repairer gets. */
  repairKey: Uint8Array;
  /** Lengths of the CAR files, headers included. */
  pieces: number[];
  /** Entry 0 is the folder, or the single file, that was put. Files stand in the CAR in this order. Empty for `car`. */
  entries: ManifestEntry[];
  /** Its files by media type, as they were when they were packed. Manifests before 0.1.0, and DAGs that were taken in as they were, have none. */
  types?: TypeCounts;
}

/** Root CID of a file's DAG. */
export function fileCid(manifest: Manifest, file: FileEntry): CID {
  return cidOf({ codec: rootCodec(file.stored, manifest.profile), digest: file.digest });
}

/** Files of the tree and the sum of their plaintext bytes. */
export function totalsOf(manifest: Manifest): { files: number; bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of manifest.entries) {
    if (entry.kind !== "file") continue;
    files++;
    bytes += entry.size;
  }
  return { files, bytes };
}
