import { fromBase64 } from "../base64.ts";
import { asBuffer, readInteger } from "./integers.ts";
import { MOST_INTEGER_BYTES } from "./wire.ts";

/** Tags of more chunks than this are refused: those of files above 1.3 GB. */
export const MOST_CHUNKS = 1_048_576;
const LENGTH_BYTES = 4;

/** The σ of every chunk of a file, as they stand on the wire. */
export interface SwizzleTag {
  readonly chunks: number;
  /** u32 chunks · each σ with its length. */
  readonly bytes: Buffer;
  /** Where each σ begins in `bytes`, after its length; one more than there are chunks. */
  readonly starts: Uint32Array;
}

/** A tag from its bytes; undefined when they are none. */
export function parseSwizzleTag(source: Uint8Array): SwizzleTag | undefined {
  const bytes = asBuffer(source);
  if (bytes.length < LENGTH_BYTES) return undefined;
  const chunks = bytes.readUInt32LE();
  if (chunks < 1 || chunks > MOST_CHUNKS || bytes.length < LENGTH_BYTES + chunks * (LENGTH_BYTES + 1)) return undefined;
  const starts = new Uint32Array(chunks + 1);
  let at = LENGTH_BYTES;
  for (let i = 0; i < chunks; i++) {
    if (at + LENGTH_BYTES > bytes.length) return undefined;
    const length = bytes.readUInt32LE(at);
    starts[i] = at + LENGTH_BYTES;
    if (length < 1 || length > MOST_INTEGER_BYTES) return undefined;
    at += LENGTH_BYTES + length;
  }
  starts[chunks] = at + LENGTH_BYTES;
  return at === bytes.length ? { chunks, bytes, starts } : undefined;
}

/** A tag from decoded JSON; undefined when it is none. */
export function readSwizzleTag(value: unknown): SwizzleTag | undefined {
  const bytes = fromBase64(value, LENGTH_BYTES + MOST_CHUNKS * (LENGTH_BYTES + MOST_INTEGER_BYTES));
  return bytes === undefined ? undefined : parseSwizzleTag(bytes);
}

/** σ of chunk `index`. */
export function sigmaAt({ bytes, starts }: SwizzleTag, index: number): bigint {
  return readInteger(bytes, starts[index]!, starts[index + 1]! - LENGTH_BYTES);
}
