import { CairnError } from "@cairn/protocol/errors";

/** fr32 turns 127 raw bytes into four leaves of 32 bytes (specs of Filecoin pieces, fr32). */
export const QUAD_BYTES = 127;
export const NODE_BYTES = 32;
/** Raw bytes of one unit: 4096 quads, 512 KiB expanded, a tree of height 14 that stays in the L2 cache. */
export const UNIT_BYTES = 127 * 4096;
export const UNIT_HEIGHT = 14;
/** Cached trees begin here: a subtree of 256 leaves, 8 KiB expanded. */
export const SUBTREE_HEIGHT = 8;
export const SUBTREE_BYTES = 64 * QUAD_BYTES;
/** Leaf indices are u32 in kernels and contract: at most 127·2³⁰ raw bytes (128 GiB expanded). */
export const MAX_HEIGHT = 32;
export const MAX_RAW_LENGTH = QUAD_BYTES * 2 ** (MAX_HEIGHT - 2);

/** Refuse a length that no tree of ours can have. */
export function assertRawLength(rawLength: number): void {
  if (Number.isSafeInteger(rawLength) && rawLength >= 0 && rawLength <= MAX_RAW_LENGTH) return;
  throw new CairnError(`a payload of ${rawLength} bytes is outside 0 … ${MAX_RAW_LENGTH}`, {
    code: "bad-length",
    kind: "input",
    details: { rawLength, maximum: MAX_RAW_LENGTH },
    next: "Split the data into smaller pieces.",
  });
}

/** Height of the piece tree over `rawLength` payload bytes: log2 of its padded leaves, at least 2. */
export function heightOf(rawLength: number): number {
  const quads = Math.max(1, Math.ceil(rawLength / QUAD_BYTES));
  let height = 2;
  while (2 ** (height - 2) < quads) height++;
  return height;
}

/** Expanded and padded size in bytes: 32·2^height. */
export function paddedSizeOf(rawLength: number): number {
  return NODE_BYTES * 2 ** heightOf(rawLength);
}

/** Largest payload of a padded size (a power of two ≥ 128). */
export function maxPayload(paddedSize: number): number {
  return (paddedSize / 128) * QUAD_BYTES;
}

/** Leaves that carry payload: the domain of challenges. Exact for every length up to MAX_RAW_LENGTH. */
export function payloadLeaves(rawLength: number): number {
  return Math.ceil((rawLength * 4) / QUAD_BYTES);
}
