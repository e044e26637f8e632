import { CairnError } from "@cairn/protocol/errors";
import { inverse } from "./galois-field.ts";

export const MAX_SHARDS = 255;

/** Refuse a code that is not 1 ≤ k ≤ n ≤ 255. */
export function assertCode(k: number, n: number): void {
  if (Number.isInteger(k) && Number.isInteger(n) && k >= 1 && k <= n && n <= MAX_SHARDS) return;
  throw new CairnError(`no ${k}-of-${n} code: 1 ≤ k ≤ n ≤ ${MAX_SHARDS}`, {
    code: "bad-erasure-code",
    kind: "input",
    details: { k, n, maximum: MAX_SHARDS },
    next: "Choose k and n within these bounds.",
  });
}

/**
 * Row j of the generator (docs/protocol.md, 1): the unit vector for a data shard, Cauchy coefficients inverse(j XOR i) for a parity
 * shard; for k = 1 every shard is the data.
 */
export function generatorRow(k: number, j: number): Uint8Array {
  const row = new Uint8Array(k);
  if (k === 1) row[0] = 1;
  else if (j < k) row[j] = 1;
  else for (let i = 0; i < k; i++) row[i] = inverse(j ^ i);
  return row;
}
