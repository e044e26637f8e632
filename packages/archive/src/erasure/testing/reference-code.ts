/** Product in GF(2⁸) mod 0x11d by shift and add: shares no table with the code under test. */
export function slowMultiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 0, x = a; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= x;
    x = x & 0x80 ? (x << 1) ^ 0x11d : x << 1;
  }
  return product;
}

function slowInverse(a: number): number {
  for (let b = 1; b < 256; b++) if (slowMultiply(a, b) === 1) return b;
  throw new Error("0 has no inverse");
}

/** Parity of k data blocks straight from docs/protocol.md, byte by byte. */
export function slowParity(k: number, n: number, data: readonly Uint8Array[]): Uint8Array[] {
  return Array.from({ length: n - k }, (_, row) => {
    const coefficients = data.map((_, i) => (k === 1 ? 1 : slowInverse((k + row) ^ i)));
    return data[0]!.map((_, at) => data.reduce((sum, block, i) => sum ^ slowMultiply(coefficients[i]!, block[at]!), 0));
  });
}
