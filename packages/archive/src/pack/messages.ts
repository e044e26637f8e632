import type { ErrorBody } from "@cairn/protocol/errors";
import type { Recipient } from "../keys/recipient.ts";
import type { DagProfile } from "../unixfs/profile.ts";

/** One file to put into the DAG. */
export interface FileTask {
  /** Index of its entry. */
  entry: number;
  path: Uint8Array;
}

/** What became of it. */
export interface FileDone {
  entry: number;
  size: number;
  stored: number;
  codec: number;
  digest: Uint8Array;
  tsize: number;
  mode: number;
  seconds: number;
  nanoseconds: number;
  /** Its media type; records of puts before 0.1.0 knew none. */
  type?: string;
  /** `versionOf` while it was read; empty when what changes it later might not show. */
  version: string;
}

export interface PackSettings {
  /** Undefined: contents are stored as they are. */
  recipient: Recipient | undefined;
  profile: DagProfile;
  /** As of `walkFolder`. */
  within?: Uint8Array;
}

/** Consecutive whole CAR frames of one job. */
export interface Segment {
  job: number;
  buffer: ArrayBuffer;
  /** Bytes used of the buffer. */
  length: number;
  /** Length of each frame. */
  frames: number[];
  /** Files whose last frame is in this segment. */
  done: FileDone[];
  /** Plaintext bytes read for it. */
  read: number;
  /** The job ends with this segment. */
  last: boolean;
}

/** A page's file to put into the DAG, as it was listed. */
export interface BlobTask extends Pick<FileDone, "entry" | "mode" | "seconds" | "nanoseconds" | "version"> {
  blob: Blob;
  /** For errors. */
  path: string;
}

export type ToPackWorker<Task = FileTask> =
  | { type: "job"; job: number; files: Task[] }
  | { type: "buffer"; buffer: ArrayBuffer };
export type FromPackWorker = { type: "segment"; segment: Segment } | { type: "failed"; error: ErrorBody };
