import { createCipheriv, hash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SWIZZLE_PRIME } from "./beat.ts";
import { firstIndices, swizzlePrf, swizzlePrfBytes } from "./prf.ts";

/** The PRF by its definition: one cipher stream for each index. */
function drawOne(key: Uint8Array, limit: bigint, index: number): bigint {
  const size = Math.ceil(limit.toString(16).length / 2);
  const bits = limit.toString(2).length;
  const number = Buffer.alloc(4);
  number.writeUInt32LE(index);
  const digest = Buffer.alloc(size);
  hash("sha256", number, "buffer").copy(digest);
  const cipher = createCipheriv("aes-256-cfb", key, Buffer.alloc(16));
  let value = limit;
  for (let draw = 0; draw < 81 && value >= limit; draw++) {
    value = BigInt.asUintN(bits, BigInt(`0x${cipher.update(digest, undefined, "hex")}`));
  }
  return value;
}

/** Limits of every kind of length; half of them so that many draws are refused. */
const limits = fc
  .tuple(
    fc.constantFrom(1, 5, 8, 9, 16, 24, 32, 63, 100, 128, 160, 256, 512, 1000, 1024),
    fc.bigInt(0n, 1n << 40n),
    fc.boolean(),
  )
  .map(([bits, extra, low]) => {
    const power = 1n << BigInt(bits - 1);
    return low ? power + (extra % power) : 2n * power - 1n - (extra % power);
  });

describe("swizzlePrf", () => {
  it("gives what its definition gives, for one index and for many", () => {
    fc.assert(
      fc.property(
        limits,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (limit, key, list) => {
          const indices = Uint32Array.from([...list, 0, 1, 1, 65_535, 65_536, 4_294_967_295]);
          expect(swizzlePrf(key, limit, indices)).toEqual(Array.from(indices, (index) => drawOne(key, limit, index)));
        },
      ),
    );
  });

  it("gives numbers below the limit in as many bytes as it has", () => {
    const bytes = swizzlePrfBytes(randomBytes(32), SWIZZLE_PRIME, firstIndices(1000));
    expect(bytes).toHaveLength(128_000);
    const small = swizzlePrf(randomBytes(32), 3n, firstIndices(1000));
    expect(new Set(small)).toEqual(new Set([0n, 1n, 2n]));
  });

  it("gives nothing for no index", () => {
    expect(swizzlePrf(randomBytes(32), SWIZZLE_PRIME, firstIndices(0))).toEqual([]);
    expect(swizzlePrf(randomBytes(32), 7n, firstIndices(0))).toEqual([]);
  });
});
