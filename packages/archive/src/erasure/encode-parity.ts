import { assertCode, generatorRow } from "./generator-matrix.ts";
import { type Matrix, multiplyBlocks, prepareMatrix } from "./multiply-blocks.ts";

/** Parity matrices of the codes last used; tables of one take at most half a megabyte. */
const CACHE_SIZE = 8;
const matrices = new Map<string, Matrix>();

function parityMatrix(k: number, n: number): Matrix {
  const key = `${k}/${n}`;
  let matrix = matrices.get(key);
  if (matrix === undefined) {
    assertCode(k, n);
    matrix = prepareMatrix(
      Array.from({ length: n - k }, (_, row) => generatorRow(k, k + row)),
      k,
    );
    if (matrices.size === CACHE_SIZE) matrices.delete(matrices.keys().next().value!);
    matrices.set(key, matrix);
  }
  return matrix;
}

/**
 * Fill the n − k parity blocks from the k data blocks at the same offset of their (unmasked) shards. All blocks have one length, any;
 * 64 KiB to 1 MiB is quick. Throws `bad-erasure-code`, `bad-blocks`.
 */
export function encodeParity(
  k: number,
  n: number,
  dataBlocks: readonly Uint8Array[],
  parityBlocks: readonly Uint8Array[],
): void {
  multiplyBlocks(parityMatrix(k, n), dataBlocks, parityBlocks);
}
