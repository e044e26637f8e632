import type { MaskId, PackageId } from "@cairn/protocol";

/** Unit roots of every shard of a piece, for units [from, to): n · (to − from) nodes of 32 bytes, shard by shard. */
export interface ShardUnitsJob {
  kind: "shard-units";
  path: string;
  package: PackageId;
  piece: number;
  pieceLength: number;
  k: number;
  n: number;
  mask: MaskId;
  repairKey: Uint8Array;
  from: number;
  to: number;
}

/** Unit roots of the piece itself, for units [from, to). */
export interface PieceUnitsJob {
  kind: "piece-units";
  path: string;
  pieceLength: number;
  from: number;
  to: number;
}

/** Verify every block of a piece file; its frames come in batches. The header is not read. */
export interface IndexJob {
  kind: "index";
  path: string;
}

/** The chain of a piece file's blocks (archive, car/block-chain.ts), each held against its CID, up to byte `end`. */
export interface ChainJob {
  kind: "chain";
  path: string;
  end: number;
}

export type KernelJob = ShardUnitsJob | PieceUnitsJob | IndexJob | ChainJob;

export interface KernelAnswers {
  "shard-units": Uint8Array;
  "piece-units": Uint8Array;
  index: { blocks: number };
  chain: Uint8Array;
}

/** Frames of up to FRAME_BATCH blocks. */
export interface FrameBatch {
  offsets: Float64Array;
  lengths: Int32Array;
  /** Concatenated, with their lengths beside. */
  cids: Uint8Array;
  cidLengths: Int32Array;
}

export const FRAME_BATCH = 4096;
