// Products of a matrix over GF(256) with blocks of bytes, by SIMD table look-ups of both nibbles: four output rows and 32 bytes a pass.
// The host owns the memory and its layout; every argument is an address or a length in bytes.
// The relaxed swizzle differs from the plain one only for indices above 15, which a nibble never is; it is one instruction, not two.

// @ts-ignore: decorator
@inline function times(low: v128, high: v128, lo: v128, hi: v128): v128 {
  return v128.xor(i8x16.relaxed_swizzle(low, lo), i8x16.relaxed_swizzle(high, hi));
}

/**
 * out[r] = Σ coefficient(r, c) · in[c] for four rows r and `columns` columns. Blocks of `length` bytes (a multiple of 32) stand
 * `inStride` and `outStride` apart. `tables` holds 32 bytes a coefficient: products of the low and of the high nibbles; rows of
 * coefficients stand `rowStride` apart.
 */
export function multiply4(
  input: usize, inStride: usize, columns: i32, output: usize, outStride: usize, tables: usize, rowStride: usize, length: usize,
): void {
  const nibble = i8x16.splat(15);
  for (let at: usize = 0; at < length; at += 32) {
    let a0 = i8x16.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    let from = input + at, table = tables;
    for (let c = 0; c < columns; c++) {
      const a = v128.load(from), b = v128.load(from, 16);
      const aLo = v128.and(a, nibble), aHi = i8x16.shr_u(a, 4);
      const bLo = v128.and(b, nibble), bHi = i8x16.shr_u(b, 4);
      const t1 = table + rowStride, t2 = t1 + rowStride, t3 = t2 + rowStride;
      let low = v128.load(table), high = v128.load(table, 16);
      a0 = v128.xor(a0, times(low, high, aLo, aHi));
      b0 = v128.xor(b0, times(low, high, bLo, bHi));
      low = v128.load(t1), high = v128.load(t1, 16);
      a1 = v128.xor(a1, times(low, high, aLo, aHi));
      b1 = v128.xor(b1, times(low, high, bLo, bHi));
      low = v128.load(t2), high = v128.load(t2, 16);
      a2 = v128.xor(a2, times(low, high, aLo, aHi));
      b2 = v128.xor(b2, times(low, high, bLo, bHi));
      low = v128.load(t3), high = v128.load(t3, 16);
      a3 = v128.xor(a3, times(low, high, aLo, aHi));
      b3 = v128.xor(b3, times(low, high, bLo, bHi));
      from += inStride;
      table += 32;
    }
    let to = output + at;
    v128.store(to, a0);
    v128.store(to, b0, 16);
    to += outStride;
    v128.store(to, a1);
    v128.store(to, b1, 16);
    to += outStride;
    v128.store(to, a2);
    v128.store(to, b2, 16);
    to += outStride;
    v128.store(to, a3);
    v128.store(to, b3, 16);
  }
}
