import { crypto } from "#crypto";
import { CairnError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import { type MerkleTree, merkleTree } from "./merkle-tree.ts";
import type { DealId, Hex } from "./words.ts";

export interface VerdictLeaf {
  deal: DealId;
  period: number;
  fulfilled: number;
  committed: number;
  /** Index in VERDICTS. */
  verdict: number;
  faultA: number;
  faultB: number;
}

const FIELDS = ["period", "fulfilled", "committed", "verdict", "faultA", "faultB"] as const;
const MAXIMUM = {
  period: 2 ** 53,
  fulfilled: 2 ** 32,
  committed: 2 ** 32,
  verdict: 3,
  faultA: 2 ** 53,
  faultB: 2 ** 53,
};

function unfit(field: string): CairnError {
  return new CairnError(`verdict leaf: ${field} is out of range`, {
    code: "bad-leaf",
    kind: "input",
    next: "Take the leaf as it stands in the period's leaf file.",
    details: { field },
  });
}

/**
 * keccak256(bytes.concat(keccak256(abi.encode(deal, period, fulfilled, committed, verdict, faultA, faultB)))): hashed twice, so that no inner
 * node passes as a leaf. Throws `bad-leaf`.
 */
export function leafHash(leaf: VerdictLeaf): Hex {
  return toHex(hashLeaf(leaf));
}

function hashLeaf(leaf: VerdictLeaf): Uint8Array {
  if (!/^0x[0-9a-fA-F]{64}$/.test(leaf.deal)) throw unfit("deal");
  const encoded = new Uint8Array(32 * (1 + FIELDS.length));
  const view = new DataView(encoded.buffer);
  encoded.set(fromHex(leaf.deal));
  FIELDS.forEach((field, index) => {
    const value = leaf[field];
    if (!Number.isInteger(value) || value < 0 || value >= MAXIMUM[field]) throw unfit(field);
    view.setBigUint64(32 * (index + 1) + 24, BigInt(value));
  });
  return crypto.keccak(crypto.keccak(encoded));
}

/** The tree that verifiers vote the root of; leaves in the order given. */
export function verdictTree(leaves: readonly VerdictLeaf[]): MerkleTree {
  return merkleTree(leaves.map(hashLeaf));
}
