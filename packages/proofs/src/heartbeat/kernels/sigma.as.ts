// σ of Swizzle chunks, four at a time: pad + Σ alpha · sector mod 2^1024 − c.
//
// A number is 40 limbs of 26 bits. Products are Karatsuba's, three levels deep: 27 pieces of five limbs each, whose products are summed
// over all sectors before anything is put together again, so that additions, carries and reduction are paid once a chunk. A limb of
// the deepest sums has 29 bits: 5 · 12 products of 58 bits stay below 2^64. The lanes of a vector are four chunks.

const LIMBS: i32 = 40;
const PIECES: i32 = 27;
const PIECE_LIMBS: i32 = 5;
const COEFFICIENTS: i32 = 9;
const EXPANDED: i32 = PIECES * PIECE_LIMBS;
const NUMBER: usize = 128;
const MASK: u64 = 0x3ffffff;

/** Bytes that one expanded set of four numbers, and one expanded alpha, take. */
const SET: usize = <usize>EXPANDED << 4;
const ALPHA: usize = <usize>EXPANDED << 2;

// @ts-ignore: decorator
@inline function limbs4(bytes: v128): v128 {
  return i32x4.shr_u(i32x4.mul(bytes, i32x4(64, 16, 4, 1)), 6);
}

/** Limbs 4t to 4t + 3 of the big-endian number that ends at `end`. */
// @ts-ignore: decorator
@inline function group(end: usize, t: i32): v128 {
  const bytes = v128.load(end - 13 * <usize>t - 16);
  return limbs4(i8x16.swizzle(bytes, i8x16(15, 14, 13, 12, 12, 11, 10, 9, 9, 8, 7, 6, 6, 5, 4, 3)));
}

/** The last four limbs, of which the highest has ten bits. */
// @ts-ignore: decorator
@inline function lastGroup(end: usize): v128 {
  const bytes = v128.load(end - NUMBER);
  return limbs4(i8x16.swizzle(bytes, i8x16(10, 9, 8, 7, 7, 6, 5, 4, 4, 3, 2, 1, 1, 0, -1, -1)));
}

// @ts-ignore: decorator
@inline function storeTransposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(ef, gh, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(ef, gh, 1, 3), 48);
}

/** The limbs of four numbers of 128 bytes, `stride` bytes apart, side by side. */
function loadLimbs(from: usize, stride: usize, to: usize): void {
  const a = from + NUMBER, b = a + stride, c = b + stride, d = c + stride;
  for (let t = 0; t < 9; t++, to += 64) storeTransposed(to, group(a, t), group(b, t), group(c, t), group(d, t));
  storeTransposed(to, lastGroup(a), lastGroup(b), lastGroup(c), lastGroup(d));
}

/** One level: each of `blocks` runs of 2 · half limbs becomes its lower half, its upper half and their sum. */
// @ts-ignore: decorator
@inline function split(from: usize, to: usize, blocks: i32, half: usize): void {
  const step = half << 4;
  for (let b = 0; b < blocks; b++, from += step, to += 2 * step) {
    for (let end = from + step; from < end; from += 16, to += 16) {
      const low = v128.load(from), high = v128.load(from + step);
      v128.store(to, low);
      v128.store(to + step, high);
      v128.store(to + 2 * step, i32x4.add(low, high));
    }
  }
}

/** All 135 limbs of the 27 pieces, from 40. `room` holds 150 vectors more. */
function expand(limbs: usize, to: usize, room: usize): void {
  split(limbs, room, 1, 20);
  split(room, room + (60 << 4), 3, 10);
  split(room + (60 << 4), to, 9, 5);
}

/** Expand `count` alphas of 128 bytes each at `from`, which has room for a multiple of four, to `to`. */
export function prepare(from: usize, count: i32, to: usize, room: usize): void {
  const set = room + (190 << 4);
  for (let j = 0; j < count; j += 4, from += 4 * NUMBER) {
    loadLimbs(from, NUMBER, room);
    expand(room, set, room + (40 << 4));
    for (let lane = 0; lane < 4; lane++, to += ALPHA) {
      for (let x = 0; x < EXPANDED; x++) store<u32>(to + (<usize>x << 2), load<u32>(set + (<usize>x << 4) + (<usize>lane << 2)));
    }
  }
}

// @ts-ignore: decorator
@inline function times(s: v128, a: v128, high: bool): v128 {
  return high ? i64x2.extmul_high_i32x4_u(s, a) : i64x2.extmul_low_i32x4_u(s, a);
}

/** The nine coefficients of one piece, for two of the chunks, summed over all sectors. */
// @ts-ignore: decorator
@inline function multiplyPiece(sets: usize, alphas: usize, sectors: i32, to: usize, high: bool): void {
  let c0 = i64x2.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0;
  for (let j = 0; j < sectors; j++, sets += SET, alphas += ALPHA) {
    const s0 = v128.load(sets), s1 = v128.load(sets, 16), s2 = v128.load(sets, 32), s3 = v128.load(sets, 48), s4 = v128.load(sets, 64);
    let a = v128.load32_splat(alphas);
    c0 = i64x2.add(c0, times(s0, a, high)); c1 = i64x2.add(c1, times(s1, a, high)); c2 = i64x2.add(c2, times(s2, a, high));
    c3 = i64x2.add(c3, times(s3, a, high)); c4 = i64x2.add(c4, times(s4, a, high));
    a = v128.load32_splat(alphas, 4);
    c1 = i64x2.add(c1, times(s0, a, high)); c2 = i64x2.add(c2, times(s1, a, high)); c3 = i64x2.add(c3, times(s2, a, high));
    c4 = i64x2.add(c4, times(s3, a, high)); c5 = i64x2.add(c5, times(s4, a, high));
    a = v128.load32_splat(alphas, 8);
    c2 = i64x2.add(c2, times(s0, a, high)); c3 = i64x2.add(c3, times(s1, a, high)); c4 = i64x2.add(c4, times(s2, a, high));
    c5 = i64x2.add(c5, times(s3, a, high)); c6 = i64x2.add(c6, times(s4, a, high));
    a = v128.load32_splat(alphas, 12);
    c3 = i64x2.add(c3, times(s0, a, high)); c4 = i64x2.add(c4, times(s1, a, high)); c5 = i64x2.add(c5, times(s2, a, high));
    c6 = i64x2.add(c6, times(s3, a, high)); c7 = i64x2.add(c7, times(s4, a, high));
    a = v128.load32_splat(alphas, 16);
    c4 = i64x2.add(c4, times(s0, a, high)); c5 = i64x2.add(c5, times(s1, a, high)); c6 = i64x2.add(c6, times(s2, a, high));
    c7 = i64x2.add(c7, times(s3, a, high)); c8 = i64x2.add(c8, times(s4, a, high));
  }
  v128.store(to, c0); v128.store(to + 32, c1); v128.store(to + 64, c2); v128.store(to + 96, c3); v128.store(to + 128, c4);
  v128.store(to + 160, c5); v128.store(to + 192, c6); v128.store(to + 224, c7); v128.store(to + 256, c8);
}

/** One level back: the products of the three pieces of `size` limbs each, 2 · size − 1 coefficients each, become one of twice the size. */
function join(from: usize, to: usize, blocks: i32, size: i32): void {
  const terms = 2 * size - 1;
  const run = <usize>terms << 5, shift = <usize>size << 5;
  const whole = <usize>(4 * size - 1) << 5;
  const zero = i64x2.splat(0);
  for (let b = 0; b < blocks; b++, from += 3 * run, to += whole) {
    for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, zero);
    for (let at: usize = 0; at < run; at += 16) {
      const low = v128.load(from + at), high = v128.load(from + run + at), sum = v128.load(from + 2 * run + at);
      const middle = i64x2.sub(i64x2.sub(sum, low), high);
      v128.store(to + at, i64x2.add(v128.load(to + at), low));
      v128.store(to + shift + at, i64x2.add(v128.load(to + shift + at), middle));
      v128.store(to + 2 * shift + at, i64x2.add(v128.load(to + 2 * shift + at), high));
    }
  }
}

// @ts-ignore: decorator
@inline function coefficient(at: usize, k: i32): u64 { return load<u64>(at + (<usize>k << 5)); }

/** Reduce the 79 coefficients of one chunk (32 bytes apart), after its pad's limbs (16 bytes apart) are added, and write 128 bytes. */
function reduce(product: usize, pad: usize, c: u64, limbs: usize, out: usize): void {
  let carry: u64 = 0;
  for (let k = 0; k < 2 * LIMBS - 1; k++) {
    carry += coefficient(product, k);
    if (k < LIMBS) carry += load<u32>(pad + (<usize>k << 4));
    store<u64>(limbs + (<usize>k << 3), carry & MASK);
    carry >>= 26;
  }
  store<u64>(limbs + (<usize>(2 * LIMBS - 1) << 3), carry);
  // 2^1040 = c · 2^16
  const fold = c << 16;
  carry = 0;
  for (let k = 0; k < LIMBS; k++) {
    const at = limbs + (<usize>k << 3);
    carry += load<u64>(at) + load<u64>(at + (<usize>LIMBS << 3)) * fold;
    store<u64>(at, carry & MASK);
    carry >>= 26;
  }
  // What is above bit 1024 counts c times, until nothing is.
  const top = limbs + (<usize>(LIMBS - 1) << 3);
  let above = (carry << 16) | (load<u64>(top) >> 10);
  store<u64>(top, load<u64>(top) & 0x3ff);
  while (above != 0) {
    carry = above * c;
    for (let at = limbs; at <= top; at += 8) {
      carry += load<u64>(at);
      store<u64>(at, carry & MASK);
      carry >>= 26;
    }
    above = (carry << 16) | (load<u64>(top) >> 10);
    store<u64>(top, load<u64>(top) & 0x3ff);
  }
  // At least 2^1024 − c exactly when adding c reaches bit 1024; then the sum without that bit is the rest.
  carry = c;
  for (let at = limbs; at < top; at += 8) carry = (carry + load<u64>(at)) >> 26;
  if ((carry + load<u64>(top)) >> 10 != 0) {
    carry = c;
    for (let at = limbs; at <= top; at += 8) {
      carry += load<u64>(at);
      store<u64>(at, carry & MASK);
      carry >>= 26;
    }
    store<u64>(top, load<u64>(top) & 0x3ff);
  }
  let bits: u64 = 0, held: u64 = 0;
  let to = out + NUMBER;
  for (let at = limbs; at <= top; at += 8) {
    bits |= load<u64>(at) << held;
    held += 26;
    while (held >= 8 && to > out) {
      store<u8>(--to, <u8>bits);
      bits >>= 8;
      held -= 8;
    }
  }
}

/**
 * σ of `count` chunks of `sectors` sectors of 128 bytes each at `data`, modulo 2^1024 − c. `pads` holds the pad of each chunk, 128 bytes
 * big-endian, and gets its σ. `alphas` is what prepare() made. Both `data` and `pads` have room for a multiple of four chunks; `room`
 * holds 64 KiB.
 */
export function sigmas(data: usize, pads: usize, count: i32, sectors: i32, alphas: usize, c: u64, room: usize): void {
  const limbs = room;
  const deeper = room + (40 << 4);
  const sets = deeper + (150 << 4);
  const products = sets + <usize>sectors * SET;
  const joined = products + (<usize>(PIECES * COEFFICIENTS) << 5);
  const stride = <usize>sectors * NUMBER;
  for (let i = 0; i < count; i += 4, data += 4 * stride, pads += 4 * NUMBER) {
    for (let j = 0; j < sectors; j++) {
      loadLimbs(data + <usize>j * NUMBER, stride, limbs);
      expand(limbs, sets + <usize>j * SET, deeper);
    }
    for (let piece = 0; piece < PIECES; piece++) {
      const set = sets + (<usize>(piece * PIECE_LIMBS) << 4), alpha = alphas + (<usize>(piece * PIECE_LIMBS) << 2);
      const to = products + (<usize>(piece * COEFFICIENTS) << 5);
      multiplyPiece(set, alpha, sectors, to, false);
      multiplyPiece(set, alpha, sectors, to + 16, true);
    }
    join(products, joined, 9, 5);
    join(joined, products, 3, 10);
    join(products, joined, 1, 20);
    loadLimbs(pads, NUMBER, limbs);
    for (let lane = 0; lane < 4; lane++) {
      reduce(joined + (<usize>lane << 3), limbs + (<usize>lane << 2), c, products, pads + <usize>lane * NUMBER);
    }
  }
}
