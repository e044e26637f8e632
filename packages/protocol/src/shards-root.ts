import { crypto } from "#crypto";
import type { ShardCommitment } from "./commitments.ts";
import { CairnError } from "./errors.ts";
import { fromHex } from "./hex.ts";
import { merkleTree } from "./merkle-tree.ts";
import type { Hex } from "./words.ts";

/** The part of a CommitmentDocument that the tree is made of. */
export interface CommittedPieces {
  pieces: readonly { shards: readonly ShardCommitment[] }[];
}

/** A word of the contract ABI: 32 bytes, big-endian. */
const word = (value: bigint | number): string => value.toString(16).padStart(64, "0");

/** keccak256(abi.encode(uint32 piece, uint16 shard, bytes32 commitment, uint64 rawLength)). */
export function shardLeafHash(piece: number, shard: number, commitment: ShardCommitment): Uint8Array {
  const encoded = `${word(piece)}${word(shard)}${commitment.commitment.slice(2)}${word(commitment.rawLength)}`;
  return crypto.keccak(fromHex(`0x${encoded}`));
}

/** Root over all shards of a package in (piece, shard) order, and the path of each: what a proposal shows the contract. */
export function shardTree(document: CommittedPieces): { root: Hex; path(piece: number, shard: number): Hex[] } {
  const starts: number[] = [];
  const leaves: Uint8Array[] = [];
  document.pieces.forEach(({ shards }, piece) => {
    starts.push(leaves.length);
    shards.forEach((commitment, shard) => {
      leaves.push(shardLeafHash(piece, shard, commitment));
    });
  });
  const tree = merkleTree(leaves);
  return {
    root: tree.root,
    path(piece, shard) {
      const start = starts[piece];
      if (start === undefined || document.pieces[piece]?.shards[shard] === undefined) {
        throw new CairnError(`the package has no shard ${shard} of piece ${piece}`, {
          code: "no-leaf",
          kind: "input",
          next: "Name a piece and a shard that the package's document has.",
          details: { piece, shard },
        });
      }
      return tree.path(start + shard);
    },
  };
}

export function shardsRoot(document: CommittedPieces): Hex {
  return shardTree(document).root;
}

/** One shard's path; for many, make the `shardTree` once. */
export function shardPath(document: CommittedPieces, piece: number, shard: number): Hex[] {
  return shardTree(document).path(piece, shard);
}
