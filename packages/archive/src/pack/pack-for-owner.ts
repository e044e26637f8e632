import { PieceCutter } from "../car/piece-cutter.ts";
import { recipientOf } from "../keys/recipient.ts";
import { encryptDraft, type RecipientKey } from "../manifest/draft.ts";
import { countTypes } from "../manifest/type-counts.ts";
import { UNIXFS_V1_2025 } from "../unixfs/profile.ts";
import type { Walked } from "../walk/walk-folder.ts";
import { nameInDag } from "./build-tree.ts";
import type { FileStreamOptions } from "./file-stream.ts";
import { finishTree, manifestEntries, type PackageOptions } from "./finish-package.ts";
import { packFiles } from "./pack-folder.ts";

export interface PackForOwnerOptions
  extends Pick<PackageOptions, "packageId" | "sink" | "signal">,
    Pick<FileStreamOptions, "onProgress"> {
  owner: RecipientKey;
  walked: Walked;
  layout: "private" | "plain";
  /** Most bytes of a piece, header included. */
  pieceLimit: number;
  /** As of `walkFolder`. */
  within?: Uint8Array;
  /** Every file is in the stream: nothing more is read. */
  onRead?: () => void;
}

/**
 * As `packFolder`, for an owner whose secret key is elsewhere: byte for byte the same pieces, and instead of the manifest a draft, which the owner names and
 * signs. In the caller's thread.
 * @throws CairnError `unreadable-path`, `file-changed`, `name-not-utf8`, `path-not-allowed`, `piece-limit`, and what the sink throws
 */
export async function packForOwner(options: PackForOwnerOptions): Promise<Uint8Array> {
  const { owner, walked, layout, pieceLimit, sink, packageId, within, onRead } = options;
  const { entries } = walked;
  const profile = UNIXFS_V1_2025;
  if (layout !== "private") for (const index of entries.keys()) nameInDag(layout, entries, index);
  const cutter = new PieceCutter(sink, pieceLimit);
  const settings = { recipient: await recipientOf(owner), profile, ...(within === undefined ? {} : { within }) };
  const { signal, onProgress } = options;
  const stream = { ...(signal && { signal }), ...(onProgress && { onProgress }), threads: 0 };
  const done = await packFiles(walked, settings, cutter, stream);
  onRead?.();
  const root = await finishTree({ layout, profile, entries, done }, cutter);
  return encryptDraft(
    {
      version: 1,
      package: packageId,
      // The owner's to give.
      ...{ name: entries[0]?.name ?? "", created: 0, repairKey: new Uint8Array(32) },
      ...{ layout, root, profile, pieces: cutter.lengths, entries: manifestEntries(entries, done) },
      types: countTypes(done.values()),
    },
    owner,
  );
}
