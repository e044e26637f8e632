import { CairnError } from "@cairn/protocol/errors";
import { invertMatrix, multiply } from "./galois-field.ts";
import { assertCode, generatorRow } from "./generator-matrix.ts";
import { multiplyBlocks, prepareMatrix } from "./multiply-blocks.ts";

/** `inputs` in the order of `present`, `outputs` in that of `wanted`, all blocks of one length at one offset of the unmasked shards. */
export type Rebuild = (inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]) => void;

function assertShards(field: "present" | "wanted", shards: readonly number[], n: number): void {
  const distinct = new Set(shards).size === shards.length;
  if (distinct && shards.every((shard) => Number.isInteger(shard) && shard >= 0 && shard < n)) return;
  throw new CairnError(`${field} must be distinct shard numbers below ${n}`, {
    code: "bad-shards",
    kind: "input",
    details: { field, shards: [...shards], n },
  });
}

/** Row `j` of the generator times the inverse: how shard j follows from the shards present. */
function combine(row: Uint8Array, decoding: readonly Uint8Array[]): Uint8Array {
  return row.map((_, column) => row.reduce((sum, factor, i) => sum ^ multiply(factor, decoding[i]![column]!), 0));
}

/**
 * Prepare to make the shards `wanted` (data or parity) from exactly k shards `present`. Throws `bad-erasure-code`, `bad-shards`; the
 * returned function throws `bad-blocks`.
 */
export function createRebuilder(k: number, n: number, present: readonly number[], wanted: readonly number[]): Rebuild {
  assertCode(k, n);
  assertShards("present", present, n);
  assertShards("wanted", wanted, n);
  if (present.length !== k) {
    throw new CairnError(`${k} shards rebuild a piece, ${present.length} were given`, {
      code: "bad-shards",
      kind: "input",
      details: { k, present: [...present] },
      next: `Give exactly ${k} shards.`,
    });
  }
  const decoding = invertMatrix(present.map((shard) => generatorRow(k, shard)));
  if (decoding === undefined) {
    throw new CairnError("the code matrix is singular", { code: "singular-matrix", kind: "internal" });
  }
  const matrix = prepareMatrix(
    wanted.map((shard) => combine(generatorRow(k, shard), decoding)),
    k,
  );
  return (inputs, outputs) => multiplyBlocks(matrix, inputs, outputs);
}
