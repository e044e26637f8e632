import type { Hex } from "@cairn/protocol";
import { bytesToHex } from "./hex.ts";
import { heightOf, NODE_BYTES } from "./sizes.ts";

/** Bytes of one opened leaf: leaf ‖ siblings[height] (docs/protocol.md, 3). */
export function openingSize(rawLength: number): number {
  return NODE_BYTES * (heightOf(rawLength) + 1);
}

/** The opening at position `position` of a proof, as a proof of that one leaf: what a dispute puts on chain. */
export function openOne(proof: Uint8Array, rawLength: number, position: number): Uint8Array {
  const size = openingSize(rawLength);
  return proof.subarray(position * size, (position + 1) * size);
}

/** Arguments of `ProofLedger.provePossession`: all leaves, then all siblings, path after path, from the leaf upward. */
export function proofToCalldata(proof: Uint8Array, rawLength: number): { leaves: Hex[]; siblings: Hex[] } {
  const size = openingSize(rawLength);
  const leaves: Hex[] = [];
  const siblings: Hex[] = [];
  for (let at = 0; at < proof.length; at += NODE_BYTES) {
    (at % size === 0 ? leaves : siblings).push(bytesToHex(proof.subarray(at, at + NODE_BYTES)));
  }
  return { leaves, siblings };
}
