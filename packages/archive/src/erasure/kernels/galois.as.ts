// Products of a matrix over GF(256) with blocks of bytes, by SIMD table look-ups of both nibbles, four output rows a pass.
// The host owns the memory and its layout; every argument is an address or a length in bytes.

// @ts-ignore: decorator
@inline function times(table: usize, lo: v128, hi: v128): v128 {
  return v128.xor(v128.swizzle(v128.load(table), lo), v128.swizzle(v128.load(table, 16), hi));
}

/**
 * out[r] = Σ coefficient(r, c) · in[c] for four rows r and `columns` columns. Blocks of `length` bytes (a multiple of 16) stand
 * `inStride` and `outStride` apart. `tables` holds 32 bytes a coefficient: products of the low and of the high nibbles; rows of
 * coefficients stand `rowStride` apart.
 */
export function multiply4(
  input: usize, inStride: usize, columns: i32, output: usize, outStride: usize, tables: usize, rowStride: usize, length: usize,
): void {
  const nibble = i8x16.splat(15);
  for (let at: usize = 0; at < length; at += 16) {
    let r0 = i8x16.splat(0), r1 = r0, r2 = r0, r3 = r0;
    let from = input + at, table = tables;
    for (let c = 0; c < columns; c++) {
      const x = v128.load(from);
      const lo = v128.and(x, nibble), hi = i8x16.shr_u(x, 4);
      r0 = v128.xor(r0, times(table, lo, hi));
      const t1 = table + rowStride;
      r1 = v128.xor(r1, times(t1, lo, hi));
      const t2 = t1 + rowStride;
      r2 = v128.xor(r2, times(t2, lo, hi));
      r3 = v128.xor(r3, times(t2 + rowStride, lo, hi));
      from += inStride;
      table += 32;
    }
    const to = output + at;
    v128.store(to, r0);
    v128.store(to + outStride, r1);
    v128.store(to + 2 * outStride, r2);
    v128.store(to + 3 * outStride, r3);
  }
}
