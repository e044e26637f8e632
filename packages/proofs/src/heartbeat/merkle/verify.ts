import { hash } from "node:crypto";
import { fromBase64, isRecord, NODE_BYTES, writeNode } from "../base64.ts";
import type { Verdict } from "../verdict.ts";
import { treeOrder } from "./tree.ts";

/** What a node must keep of a tag to judge the answer to challenge `index`. */
export interface MerkleExpectation {
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Challenges of the tag. */
  readonly rounds: number;
  readonly index: number;
}

/** No tree has more levels than this, nor a foreign node more bytes. */
const MOST_ROWS = 64;
const MOST_NODE_BYTES = 1024;

const pair = Buffer.alloc(2 * NODE_BYTES);
const leaf = Buffer.alloc(NODE_BYTES + 16);

/** The verdict on what cannot be right: does it at least look like a proof? */
function judgeShape(proof: unknown): Verdict {
  if (!isRecord(proof) || !isRecord(proof.leaf) || !isRecord(proof.branch)) return "corrupted";
  const { rows } = proof.branch;
  if (!Number.isSafeInteger(proof.leaf.index) || !Array.isArray(rows) || rows.length > MOST_ROWS) return "corrupted";
  const nodes: unknown[] = [proof.leaf.blob];
  for (const row of rows) {
    if (!Array.isArray(row) || row.length !== 2) return "corrupted";
    nodes.push(row[0], row[1]);
  }
  return nodes.every((node) => fromBase64(node, MOST_NODE_BYTES) !== undefined) ? "invalid" : "corrupted";
}

/** Put both nodes of a row into `pair`; how many bytes they are, or 0 when they cannot stand there. */
function loadRow(left: unknown, right: unknown, lacksRight: boolean): number {
  if (!writeNode(left, pair, 0)) return 0;
  if (lacksRight) return right === "" ? NODE_BYTES : 0;
  return writeNode(right, pair, NODE_BYTES) ? 2 * NODE_BYTES : 0;
}

/**
 * Judge an answer, decoded JSON of any kind. Stricter than the original, yet every honest proof passes: the answer has 32 bytes, there is
 * one row for each level, and the way up stands on the side that `index` implies.
 */
export function verifyMerkleAnswer({ root, rounds, index }: MerkleExpectation, proof: unknown): Verdict {
  if (!isRecord(proof) || !isRecord(proof.leaf) || !isRecord(proof.branch)) return "corrupted";
  const { rows } = proof.branch;
  const levels = treeOrder(rounds);
  if (index >= rounds || proof.leaf.index !== index || !Array.isArray(rows) || rows.length !== levels) {
    return judgeShape(proof);
  }
  if (!writeNode(proof.leaf.blob, leaf, 0)) return judgeShape(proof);
  const digits = leaf.write(String(index), NODE_BYTES, "latin1");
  // In base64, as the rows have it: comparing texts is faster than decoding both sides.
  let node = hash("sha256", leaf.subarray(0, NODE_BYTES + digits), "base64");
  for (let level = 0; level < levels; level++) {
    const row = rows[level];
    if (!Array.isArray(row) || row.length !== 2) return "corrupted";
    const length = loadRow(row[0], row[1], level === 0 && index + 1 === rounds && rounds % 2 === 1);
    if (length === 0 || row[(index >> level) & 1] !== node) return judgeShape(proof);
    node = hash("sha256", length === pair.length ? pair : pair.subarray(0, length), "base64");
  }
  return node === Buffer.from(root.buffer, root.byteOffset, root.length).toString("base64") ? "ok" : "invalid";
}
