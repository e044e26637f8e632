// What OpenPGP needs of symmetric cryptography and browsers have no stream of: AES in cipher feedback, by tables, and SHA-1.
// The host owns the memory and its layout; every function takes addresses.

// @ts-ignore: decorator
@inline function byteOf(word: u32, byte: i32): usize { return <usize>((word >> (byte << 3)) & 255); }

// One column of a round: four tables of 256 words, each that of the one before, rotated by a byte (FIPS 197, 5.1, with SubBytes, ShiftRows and MixColumns in one).
// @ts-ignore: decorator
@inline function column(tables: usize, a: u32, b: u32, c: u32, d: u32): u32 {
  return load<u32>(tables + (byteOf(a, 0) << 2))
    ^ load<u32>(tables + (byteOf(b, 1) << 2), 1024)
    ^ load<u32>(tables + (byteOf(c, 2) << 2), 2048)
    ^ load<u32>(tables + (byteOf(d, 3) << 2), 3072);
}

// The last round has no MixColumns: the S-box alone, 256 bytes.
// @ts-ignore: decorator
@inline function last(box: usize, a: u32, b: u32, c: u32, d: u32): u32 {
  return <u32>load<u8>(box + byteOf(a, 0))
    | (<u32>load<u8>(box + byteOf(b, 1)) << 8)
    | (<u32>load<u8>(box + byteOf(c, 2)) << 16)
    | (<u32>load<u8>(box + byteOf(d, 3)) << 24);
}

/**
 * `count` blocks of cipher feedback (NIST SP 800-38A, 6.3) at `data`, in place: out = in ^ E(block before), where the block before the first is at
 * `before`, and the last ciphertext block is left there. `keys` are 4 * (rounds + 1) words, little-endian.
 */
export function cfb(keys: usize, rounds: i32, tables: usize, box: usize, before: usize, data: usize, count: i32, decrypts: bool): void {
  let w0 = load<u32>(before), w1 = load<u32>(before, 4), w2 = load<u32>(before, 8), w3 = load<u32>(before, 12);
  const end = data + (<usize>count << 4);
  const lastKeys = keys + (<usize>rounds << 4);
  for (; data < end; data += 16) {
    let s0 = w0 ^ load<u32>(keys), s1 = w1 ^ load<u32>(keys, 4), s2 = w2 ^ load<u32>(keys, 8), s3 = w3 ^ load<u32>(keys, 12);
    for (let key = keys + 16; key < lastKeys; key += 16) {
      const t0 = column(tables, s0, s1, s2, s3) ^ load<u32>(key);
      const t1 = column(tables, s1, s2, s3, s0) ^ load<u32>(key, 4);
      const t2 = column(tables, s2, s3, s0, s1) ^ load<u32>(key, 8);
      const t3 = column(tables, s3, s0, s1, s2) ^ load<u32>(key, 12);
      s0 = t0; s1 = t1; s2 = t2; s3 = t3;
    }
    const i0 = load<u32>(data), i1 = load<u32>(data, 4), i2 = load<u32>(data, 8), i3 = load<u32>(data, 12);
    const o0 = i0 ^ last(box, s0, s1, s2, s3) ^ load<u32>(lastKeys);
    const o1 = i1 ^ last(box, s1, s2, s3, s0) ^ load<u32>(lastKeys, 4);
    const o2 = i2 ^ last(box, s2, s3, s0, s1) ^ load<u32>(lastKeys, 8);
    const o3 = i3 ^ last(box, s3, s0, s1, s2) ^ load<u32>(lastKeys, 12);
    store<u32>(data, o0); store<u32>(data, o1, 4); store<u32>(data, o2, 8); store<u32>(data, o3, 12);
    w0 = decrypts ? i0 : o0; w1 = decrypts ? i1 : o1; w2 = decrypts ? i2 : o2; w3 = decrypts ? i3 : o3;
  }
  store<u32>(before, w0); store<u32>(before, w1, 4); store<u32>(before, w2, 8); store<u32>(before, w3, 12);
}

/** SHA-1 (FIPS 180-4, 6.1) of `count` blocks of 64 bytes at `data`: five words of state at `state`, 80 words of room at `words`. */
export function sha1(state: usize, words: usize, data: usize, count: i32): void {
  let h0 = load<u32>(state), h1 = load<u32>(state, 4), h2 = load<u32>(state, 8), h3 = load<u32>(state, 12), h4 = load<u32>(state, 16);
  for (let block = 0; block < count; block++, data += 64) {
    for (let t: usize = 0; t < 64; t += 4) store<u32>(words + t, bswap(load<u32>(data + t)));
    for (let t: usize = 64; t < 128; t += 4) {
      const at = words + t;
      store<u32>(at, rotl(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1));
    }
    // W(t) = (W(t-6) ^ W(t-16) ^ W(t-28) ^ W(t-32)) <<< 2 follows from the rule above, and lets four be made at once.
    for (let t: usize = 128; t < 320; t += 16) {
      const at = words + t;
      const mixed = v128.xor(v128.xor(v128.load(at - 24), v128.load(at - 64)), v128.xor(v128.load(at - 112), v128.load(at - 128)));
      v128.store(at, v128.or(i32x4.shl(mixed, 2), i32x4.shr_u(mixed, 30)));
    }
    let a = h0, b = h1, c = h2, d = h3, e = h4;
    let at = words;
    for (let end = words + 80; at < end; at += 20) {
      e += rotl(a, 5) + (d ^ (b & (c ^ d))) + 0x5a827999 + load<u32>(at); b = rotl(b, 30);
      d += rotl(e, 5) + (c ^ (a & (b ^ c))) + 0x5a827999 + load<u32>(at, 4); a = rotl(a, 30);
      c += rotl(d, 5) + (b ^ (e & (a ^ b))) + 0x5a827999 + load<u32>(at, 8); e = rotl(e, 30);
      b += rotl(c, 5) + (a ^ (d & (e ^ a))) + 0x5a827999 + load<u32>(at, 12); d = rotl(d, 30);
      a += rotl(b, 5) + (e ^ (c & (d ^ e))) + 0x5a827999 + load<u32>(at, 16); c = rotl(c, 30);
    }
    for (let end = words + 160; at < end; at += 20) {
      e += rotl(a, 5) + (b ^ c ^ d) + 0x6ed9eba1 + load<u32>(at); b = rotl(b, 30);
      d += rotl(e, 5) + (a ^ b ^ c) + 0x6ed9eba1 + load<u32>(at, 4); a = rotl(a, 30);
      c += rotl(d, 5) + (e ^ a ^ b) + 0x6ed9eba1 + load<u32>(at, 8); e = rotl(e, 30);
      b += rotl(c, 5) + (d ^ e ^ a) + 0x6ed9eba1 + load<u32>(at, 12); d = rotl(d, 30);
      a += rotl(b, 5) + (c ^ d ^ e) + 0x6ed9eba1 + load<u32>(at, 16); c = rotl(c, 30);
    }
    for (let end = words + 240; at < end; at += 20) {
      e += rotl(a, 5) + ((b & c) | (d & (b | c))) + 0x8f1bbcdc + load<u32>(at); b = rotl(b, 30);
      d += rotl(e, 5) + ((a & b) | (c & (a | b))) + 0x8f1bbcdc + load<u32>(at, 4); a = rotl(a, 30);
      c += rotl(d, 5) + ((e & a) | (b & (e | a))) + 0x8f1bbcdc + load<u32>(at, 8); e = rotl(e, 30);
      b += rotl(c, 5) + ((d & e) | (a & (d | e))) + 0x8f1bbcdc + load<u32>(at, 12); d = rotl(d, 30);
      a += rotl(b, 5) + ((c & d) | (e & (c | d))) + 0x8f1bbcdc + load<u32>(at, 16); c = rotl(c, 30);
    }
    for (let end = words + 320; at < end; at += 20) {
      e += rotl(a, 5) + (b ^ c ^ d) + 0xca62c1d6 + load<u32>(at); b = rotl(b, 30);
      d += rotl(e, 5) + (a ^ b ^ c) + 0xca62c1d6 + load<u32>(at, 4); a = rotl(a, 30);
      c += rotl(d, 5) + (e ^ a ^ b) + 0xca62c1d6 + load<u32>(at, 8); e = rotl(e, 30);
      b += rotl(c, 5) + (d ^ e ^ a) + 0xca62c1d6 + load<u32>(at, 12); d = rotl(d, 30);
      a += rotl(b, 5) + (c ^ d ^ e) + 0xca62c1d6 + load<u32>(at, 16); c = rotl(c, 30);
    }
    h0 += a; h1 += b; h2 += c; h3 += d; h4 += e;
  }
  store<u32>(state, h0); store<u32>(state, h1, 4); store<u32>(state, h2, 8); store<u32>(state, h3, 12); store<u32>(state, h4, 16);
}
