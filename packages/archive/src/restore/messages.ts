import type { ErrorBody } from "@cairn/protocol/errors";
import type { Holder } from "../keys/recipient.ts";
import type { DagProfile } from "../unixfs/profile.ts";

/** One file to restore. */
export interface RestoreTask {
  /** Where to write it. */
  path: Uint8Array;
  size: number;
  stored: number;
  digest: Uint8Array;
  mode: number;
}

export interface RestoreSettings {
  /** Undefined: contents are stored as they are. */
  holder: Holder | undefined;
  profile: DagProfile;
}

/** Consecutive blocks of one job: CID and bytes of each, one behind the other. */
export interface Delivery {
  buffer: ArrayBuffer;
  /** Where each block ends. */
  ends: number[];
}

export type ToRestoreWorker = { type: "job"; files: RestoreTask[] } | { type: "blocks"; delivery: Delivery };
export type FromRestoreWorker =
  | { type: "buffer"; buffer: ArrayBuffer; bytes: number; files: number }
  | { type: "failed"; error: ErrorBody };
