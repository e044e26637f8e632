/** What runs without Node: packing and restoring from and to streams, in one thread. The index has what works on folders. */
export { chainOf, EMPTY_CHAIN } from "./car/block-chain.ts";
export { carHeader } from "./car/format.ts";
export type { PieceSink } from "./car/piece-cutter.ts";
export { readFrames } from "./car/read-frames.ts";
export { blockIndexOf, scanBlocks, scanCar, verifyBlock } from "./car/scan-car.ts";
export {
  type AccountKey,
  assertUsable,
  exportAccountKey,
  exportPublicKey,
  generateAccountKey,
  importAccountKey,
  revocationCertificateOf,
} from "./keys/account-key.ts";
export { decryptOwnSecret, decryptSecret, encryptSecret } from "./keys/encrypt-secret.ts";
export { signDetached } from "./keys/sign-detached.ts";
export { openDraft } from "./manifest/draft.ts";
export { decryptManifest, encryptManifest } from "./manifest/encrypt-manifest.ts";
export {
  type FileEntry,
  fileCid,
  type Layout,
  type Manifest,
  type ManifestEntry,
  totalsOf,
} from "./manifest/manifest.ts";
export { countTypes, sumTypes, type TypeCount, type TypeCounts, typeCountsOf } from "./manifest/type-counts.ts";
export {
  bodyBytes,
  type Checkpoint,
  filesByEntry,
  filesOf,
  piecesOf,
  unchangedCheckpoints,
} from "./pack/checkpoint.ts";
export type { PackProgress } from "./pack/file-stream.ts";
export { manifestEntries, type PackageOptions, type Packed } from "./pack/finish-package.ts";
export {
  type EntryToPack,
  type FileToPack,
  type FolderToPack,
  type PackEntriesOptions,
  packEntries,
  splitMilliseconds,
} from "./pack/pack-entries.ts";
export { type ListedTree, type PackListedOptions, packListed } from "./pack/pack-listed.ts";
export { serveAsWorker } from "./pack/serve-as-worker.ts";
export { SNIFFED_BYTES, sniffType } from "./pack/sniff-type.ts";
export { type TakeCarOptions, takeCar } from "./pack/take-car.ts";
export type { StartWorker, WebWorker } from "./pack/web-thread.ts";
export { type GetBlocks, leavesOf } from "./restore/fetch-file.ts";
export { findEntry, pathOfText, subtreeOf } from "./restore/find-entry.ts";
export type { PieceStreams } from "./restore/piece-frames.ts";
export { type ByteRange, type ReadFileOptions, readFile } from "./restore/read-file.ts";
export { type RestoredEntry, type RestoreEntriesOptions, restoreEntries } from "./restore/restore-entries.ts";
export type { FoundEntry } from "./walk/found-entry.ts";
export { bytesOfName, displayName, nameFault, nameOfBytes, nameOfDisplay, namesOfText } from "./walk/names.ts";
export { pathOf, pathsOf } from "./walk/tree-paths.ts";
