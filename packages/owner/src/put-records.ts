import type { Checkpoint, Layout } from "@cairn/archive/browser";
import type { PlacementJson } from "@cairn/core";
import type { Address } from "@cairn/protocol/words";

/** What was fixed when the package was opened: another put can go on with it only if it asks for the same. */
export interface PutTerms {
  k: number;
  n: number;
  days: number;
  layout: Layout;
  pieceLimit: number;
  replace: boolean;
  public?: true;
  hot?: true;
  /** Of what the gateway packs: its path there. */
  there?: string;
  placement: PlacementJson;
}

export interface PutHead {
  id: string;
  /** 32 bytes in base64. */
  repairKey: string;
  /** UNIX seconds. */
  created: number;
  terms: PutTerms;
  /** The wallet that the package is opened for. Older records have none. */
  owner?: Address;
}

/** What has been uploaded of a put, so that it can go on after this process; nobody else has it until `close`. Session keys are not in it. */
export interface PutRecord {
  readonly head: PutHead | undefined;
  /** As they were when it was opened or begun. */
  readonly checkpoints: readonly Checkpoint[];
  /** Begin anew with this head and these checkpoints. */
  begin(head: PutHead, checkpoints?: readonly Checkpoint[]): Promise<void>;
  /** Add what has been handed to the upload, for the process that goes on. */
  add(checkpoint: Checkpoint): Promise<void>;
  /** Keep the encrypted manifest: with it a put goes on whose upload was complete. */
  keepManifest(manifest: Uint8Array): Promise<void>;
  manifest(): Promise<Uint8Array | undefined>;
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** Where records are kept, one for each name that is put. */
export interface PutRecords {
  /** @throws CairnError `put-under-way` when another process puts under this name */
  open(name: string): Promise<PutRecord>;
  /** Forget what is recorded of the put of a name, unless it is under way. */
  forget(name: string): Promise<void>;
}
