import type { AccountKey } from "../keys/account-key.ts";
import type { Manifest } from "../manifest/manifest.ts";
import type { PieceStreams } from "./piece-frames.ts";

export interface RestoreProgress {
  /** Complete ones. */
  files: number;
  /** Plaintext bytes written, also of files that are not complete yet. */
  bytes: number;
  totalFiles: number;
  totalBytes: number;
}

export interface RestoreOptions {
  manifest: Manifest;
  /** Unlocked. */
  key: AccountKey;
  /** Absent or an empty folder; for a single file also the file's own new path. */
  destination: string;
  onProgress?: (progress: RestoreProgress) => void;
  signal?: AbortSignal;
}

export interface RestoreFolderOptions extends RestoreOptions {
  /** The CAR files in order. */
  pieces: PieceStreams;
  /** Worker threads; 0 restores in this thread. At most two, and none for less than a megabyte, unless set. */
  threads?: number;
}

export interface Restored {
  /** What now exists: the folder or the file. */
  path: string;
  files: number;
  bytes: number;
  /** False when times could only be set to the microsecond. */
  exactTimes: boolean;
  /** The folder restored into belongs to somebody else and kept its own time and mode. */
  rootKept: boolean;
}
