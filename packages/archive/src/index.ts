export { chainOf, EMPTY_CHAIN } from "./car/block-chain.ts";
export { carHeader } from "./car/format.ts";
export type { PieceSink } from "./car/piece-cutter.ts";
export { readFrames } from "./car/read-frames.ts";
export {
  type BlockIndex,
  blockIndexOf,
  type CarScan,
  type ScannedBlock,
  scanBlocks,
  scanCar,
  verifyBlock,
} from "./car/scan-car.ts";
export {
  type AccountKey,
  assertUsable,
  exportAccountKey,
  exportPublicKey,
  generateAccountKey,
  importAccountKey,
} from "./keys/account-key.ts";
export { decodeManifest } from "./manifest/decode-manifest.ts";
export { readRecipientKey } from "./manifest/draft.ts";
export { encodeManifest } from "./manifest/encode-manifest.ts";
export { decryptManifest, encryptManifest } from "./manifest/encrypt-manifest.ts";
export {
  type DirectoryEntry,
  type FileEntry,
  fileCid,
  LAYOUTS,
  type Layout,
  type Manifest,
  type ManifestEntry,
  type SymlinkEntry,
  totalsOf,
} from "./manifest/manifest.ts";
export {
  bodyBytes,
  type Checkpoint,
  filesByEntry,
  filesOf,
  type PieceMark,
  piecesOf,
  unchangedCheckpoints,
} from "./pack/checkpoint.ts";
export type { PackProgress } from "./pack/file-stream.ts";
export { manifestEntries, type PackageOptions, type Packed } from "./pack/finish-package.ts";
export { type PackCarOptions, type PackedCar, packCar } from "./pack/pack-car.ts";
export {
  type PackFolderOptions,
  packFolder,
} from "./pack/pack-folder.ts";
export { packForOwner } from "./pack/pack-for-owner.ts";
export { type TakeCarOptions, takeCar } from "./pack/take-car.ts";
export { type GetBlocks, leavesOf } from "./restore/fetch-file.ts";
export { findEntry, pathOfText, subtreeOf } from "./restore/find-entry.ts";
export type { Restored, RestoreFolderOptions, RestoreOptions, RestoreProgress } from "./restore/options.ts";
export type { PieceStreams } from "./restore/piece-frames.ts";
export { type ByteRange, type ReadFileOptions, readFile } from "./restore/read-file.ts";
export { restoreFolder } from "./restore/restore-folder.ts";
export { type RestorePathOptions, restorePath } from "./restore/restore-path.ts";
export { restoreStream } from "./restore/restore-stream.ts";
export { assertDestinationFree } from "./restore/staging.ts";
export { type DagProfile, UNIXFS_V1_2025 } from "./unixfs/profile.ts";
export { type Excluder, excluderOf, rulesOfText, textOfRules } from "./walk/exclude.ts";
export type { FoundEntry, SkippedEntry } from "./walk/found-entry.ts";
export { bytesOfName, displayName, nameOfBytes, nameOfDisplay, namesOfText } from "./walk/names.ts";
export { pathOf, pathsOf } from "./walk/tree-paths.ts";
export { ownName, type Walked, walkFolder } from "./walk/walk-folder.ts";
