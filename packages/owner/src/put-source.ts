import type { Checkpoint, FoundEntry, PackageOptions, Packed } from "@cairn/archive/browser";
import type { PutTerms } from "./put-records.ts";

/** How a listed source is packed. */
export interface PackTo extends PackageOptions {
  layout: PutTerms["layout"];
  /** What the sink has of it already. Empty for a source without `entries`. */
  from: readonly Checkpoint[];
  onProgress: (done: number, total: number) => void;
  /** Told between files, where the put is recorded. */
  onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

/** What a put is about to store. */
export interface Listed {
  /** Plain bytes, as far as they are known before they are read. */
  bytes: number;
  /** Only a source that lists its entries before it reads them can be gone on with. */
  entries?: readonly FoundEntry[];
  /** Path on the gateway's machine, where the gateway packs it itself: a put goes on with what it has packed meanwhile. */
  there?: string;
  pack(options: PackTo): Promise<Packed>;
}

/** Where a package's content comes from: a folder, a CAR, a stream of `{path, bytes}`. */
export interface Source<L extends Listed = Listed> {
  /** Of the package. */
  name: string;
  /** See what is there; once a put. Refuses what cannot be stored. */
  list(signal: AbortSignal): Promise<L>;
}
