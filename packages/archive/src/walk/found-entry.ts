export type EntryKind = "directory" | "file" | "symlink";

/** One thing found; `entries[0]` is the path itself. */
export interface FoundEntry {
  kind: EntryKind;
  /** Index of the directory that holds it, smaller than its own; 0 for the root itself. */
  parent: number;
  /** Its name in string form (names.ts). */
  name: string;
  /** Permission bits, 12 of them. */
  mode: number;
  /** Modification time: seconds since 1970, rounded down, and nanoseconds. */
  seconds: number;
  nanoseconds: number;
  /** Bytes of a file; 0 otherwise. */
  size: number;
  /** Where a symbolic link points, in string form. */
  target?: string;
  /** Of a file: `versionOf` when it was listed. */
  version?: string;
}

export interface SkippedEntry {
  path: string;
  reason: "socket" | "pipe" | "device" | "unknown";
}
