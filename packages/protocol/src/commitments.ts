import type { Address, ErasureId, Hex, MaskId, PackageId } from "./words.ts";

/** What a provider of one shard commits to hold: CommP root of the masked shard and its length. */
export interface ShardCommitment {
  commitment: Hex;
  /** A multiple of 127. */
  rawLength: number;
}

export interface PieceCommitment {
  /** Length of the CAR file in bytes. */
  length: number;
  /** CommP root of the CAR file. */
  commP: Hex;
  shards: ShardCommitment[];
}

/** The public document whose dag-cbor sha256 is the document hash that the owner signs (docs/protocol.md, 1). */
export interface CommitmentDocument {
  version: 1;
  package: PackageId;
  owner: Address;
  /** Root CID of the package's DAG, text form. */
  root: string;
  k: number;
  n: number;
  erasure: ErasureId;
  mask: MaskId;
  pieces: PieceCommitment[];
  /** The encrypted manifest that travels with every shard. */
  manifest: { sha256: Hex; size: number };
}
