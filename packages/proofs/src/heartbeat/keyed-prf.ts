import { hash } from "node:crypto";
import { CairnError } from "@cairn/protocol/errors";
import { aesStream } from "./keyed.ts";

const ZERO_IV = Buffer.alloc(16);
/** Each draw succeeds with more than one half, so that nobody ever sees this many. */
const MOST_DRAWS = 4096;

/**
 * heartbeat's KeyedPRF: an integer in [0, range) from `key` (16, 24 or 32 bytes) and the number `x`. `range` ≥ 1.
 * AES in CFB with 8-bit segments and an IV of zeros encrypts SHA-256(decimal x), cut or zero-padded to the range's bytes, again and
 * again in one stream, until the draw, masked to the range's bit length, is below the range.
 */
export function keyedPrf(key: Uint8Array, range: bigint, x: number): bigint {
  if (range < 1n) {
    throw new CairnError("a pseudo-random number needs a range of at least 1", {
      code: "heartbeat-bad-range",
      kind: "input",
    });
  }
  const bits = range.toString(2).length;
  const digest = Buffer.alloc(Math.ceil(bits / 8));
  hash("sha256", String(x), "buffer").copy(digest);
  const cipher = aesStream("cfb8", key, ZERO_IV);
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const value = BigInt.asUintN(bits, BigInt(`0x${cipher.update(digest, undefined, "hex")}`));
    if (value < range) return value;
  }
  throw new CairnError(`no number below the range in ${MOST_DRAWS} draws`, {
    code: "heartbeat-no-draw",
    kind: "internal",
  });
}
