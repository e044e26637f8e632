// Byte work of the piece tree that has no native call: fr32 expansion, the 254-bit mask, and the gathering of Merkle paths.
// The host owns the memory and its layout; every function takes addresses.

const M62: u64 = 0x3fffffffffffffff;

// @ts-ignore: decorator
@inline function at(p: usize, o: usize): u64 { return load<u64>(p + o); }

/** Expand `quads` groups of 127 bytes at `s` into 128 bytes at `d`: two zero bits after each 254. */
export function fr32(s: usize, d: usize, quads: i32): void {
  for (let q = 0; q < quads; q++, s += 127, d += 128) {
    const a3 = at(s, 24), a7 = at(s, 56), a11 = at(s, 88);
    const a4 = at(s, 32), a5 = at(s, 40), a6 = at(s, 48);
    const a8 = at(s, 64), a9 = at(s, 72), a10 = at(s, 80);
    const a12 = at(s, 96), a13 = at(s, 104), a14 = at(s, 112), a15 = at(s, 119) >> 8;
    store<u64>(d, at(s, 0)); store<u64>(d + 8, at(s, 8)); store<u64>(d + 16, at(s, 16)); store<u64>(d + 24, a3 & M62);
    store<u64>(d + 32, (a4 << 2) | (a3 >> 62)); store<u64>(d + 40, (a5 << 2) | (a4 >> 62));
    store<u64>(d + 48, (a6 << 2) | (a5 >> 62)); store<u64>(d + 56, ((a7 << 2) | (a6 >> 62)) & M62);
    store<u64>(d + 64, (a8 << 4) | (a7 >> 60)); store<u64>(d + 72, (a9 << 4) | (a8 >> 60));
    store<u64>(d + 80, (a10 << 4) | (a9 >> 60)); store<u64>(d + 88, ((a11 << 4) | (a10 >> 60)) & M62);
    store<u64>(d + 96, (a12 << 6) | (a11 >> 58)); store<u64>(d + 104, (a13 << 6) | (a12 >> 58));
    store<u64>(d + 112, (a14 << 6) | (a13 >> 58)); store<u64>(d + 120, ((a15 << 6) | (a14 >> 58)) & M62);
  }
}

/** Clear the top two bits of byte 31 of each 32-byte node. */
export function mask(p: usize, nodes: i32): void {
  const end = p + (<usize>nodes << 5);
  for (p += 31; p < end; p += 32) store<u8>(p, load<u8>(p) & 0x3f);
}

// @ts-ignore: decorator
@inline function copy32(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** The leaf of each of `count` paths (`stride` bytes apart) becomes its current node. */
export function leaves(paths: usize, stride: usize, count: i32, nodes: usize): void {
  for (let c = 0; c < count; c++, paths += stride, nodes += 32) copy32(paths, nodes);
}

/** Put each current node and its sibling of `level` side by side in `pairs`, in the order that its leaf index demands. */
export function pair(paths: usize, stride: usize, count: i32, indices: usize, level: i32, nodes: usize, pairs: usize): void {
  paths += (<usize>level + 1) << 5;
  for (let c = 0; c < count; c++, paths += stride, indices += 4, nodes += 32, pairs += 64) {
    const right = <usize>((load<u32>(indices) >> level) & 1) << 5;
    copy32(nodes, pairs + right);
    copy32(paths, pairs + (32 - right));
  }
}

/** Number of leading nodes of `nodes` that equal the 32 bytes at `root`; `count` when all do. */
export function matching(nodes: usize, count: i32, root: usize): i32 {
  const lo = v128.load(root), hi = v128.load(root, 16);
  for (let c = 0; c < count; c++, nodes += 32) {
    if (v128.any_true(v128.or(v128.xor(v128.load(nodes), lo), v128.xor(v128.load(nodes, 16), hi)))) return c;
  }
  return count;
}

/**
 * Write the lower part of proofs: for each of `count` leaf positions (u32, counted within the expanded unit) its leaf and its
 * siblings of `levels` layers, `stride` bytes apart at `out`. `layers` holds the address of each layer as u32.
 */
export function open(layers: usize, levels: i32, positions: usize, count: i32, out: usize, stride: usize): void {
  for (let c = 0; c < count; c++, positions += 4, out += stride) {
    let at = <usize>load<u32>(positions);
    copy32(<usize>load<u32>(layers) + (at << 5), out);
    let to = out + 32;
    for (let level = 0; level < levels; level++, at >>= 1, to += 32) {
      copy32(<usize>load<u32>(layers + (<usize>level << 2)) + ((at ^ 1) << 5), to);
    }
  }
}
