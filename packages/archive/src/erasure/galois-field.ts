/** GF(2⁸) modulo x⁸+x⁴+x³+x²+1. */
const POLYNOMIAL = 0x11d;

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, x = 1; power < 255; power++) {
  EXP[power] = x;
  EXP[power + 255] = x;
  LOG[x] = power;
  x <<= 1;
  if (x > 255) x ^= POLYNOMIAL;
}

export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : EXP[LOG[a]! + LOG[b]!]!;
}

/** Multiplicative inverse of 1 … 255. */
export function inverse(a: number): number {
  return EXP[255 - LOG[a]!]!;
}

/** Inverse of a square matrix by Gauss-Jordan elimination, or undefined when it is singular. Rows are not changed. */
export function invertMatrix(rows: readonly Uint8Array[]): Uint8Array[] | undefined {
  const size = rows.length;
  const work = rows.map((row, r) => {
    const wide = new Uint8Array(2 * size);
    wide.set(row);
    wide[size + r] = 1;
    return wide;
  });
  for (let column = 0; column < size; column++) {
    const pivot = work.findIndex((row, r) => r >= column && row[column] !== 0);
    if (pivot < 0) return undefined;
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const pivotRow = work[column]!;
    const scale = inverse(pivotRow[column]!);
    for (let c = column; c < 2 * size; c++) pivotRow[c] = multiply(scale, pivotRow[c]!);
    for (const [r, row] of work.entries()) {
      const factor = row[column]!;
      if (r === column || factor === 0) continue;
      for (let c = column; c < 2 * size; c++) row[c]! ^= multiply(factor, pivotRow[c]!);
    }
  }
  return work.map((row) => row.subarray(size));
}
