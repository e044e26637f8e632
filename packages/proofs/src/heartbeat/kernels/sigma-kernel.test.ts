import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileKernel, kernelModule } from "../../kernels/compile-kernel.ts";
import { SWIZZLE_PRIME } from "../swizzle/beat.ts";
import { readInteger } from "../swizzle/integers.ts";
import { type Sectors, sectorsBelow } from "../swizzle/sectors.ts";
import { chunkSigmas } from "../swizzle/sums.ts";
import { fitsSigmaKernel, NUMBER_BYTES, SigmaKernel } from "./sigma-kernel.ts";

const readAll = (bytes: Buffer) =>
  Array.from({ length: bytes.length / NUMBER_BYTES }, (_, i) => readInteger(bytes, i * 128, i * 128 + 128));

/** Both ways to the same σ. */
function compare(cut: Sectors, alphas: Buffer, data: Buffer, pads: Buffer): void {
  const wanted = chunkSigmas(cut, data, readAll(pads), readAll(alphas));
  new SigmaKernel(cut, alphas).sigmas(data, pads);
  expect(readAll(pads)).toEqual(wanted);
}

describe("SigmaKernel", () => {
  it("is compiled from its source", async () => {
    const source = new URL("sigma.as.ts", import.meta.url);
    const committed = await readFile(new URL("generated/sigma.ts", import.meta.url), "utf8");
    expect(kernelModule(await compileKernel(source), source)).toBe(committed);
  });

  it("gives the sums that bigints give, for any number of chunks and sectors", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(105n, 1n, (1n << 20n) - 1n),
        (sectors, chunks, c) => {
          const numbers = (count: number) => randomBytes(count * NUMBER_BYTES);
          const cut = sectorsBelow(2n ** 1024n - c, sectors);
          compare(cut, numbers(sectors), numbers(chunks * sectors), numbers(chunks));
        },
      ),
    );
  });

  it("gives them at the edges: numbers of ones, zeros, and near the prime", () => {
    const ones = Buffer.alloc(NUMBER_BYTES, 0xff);
    const near = (difference: bigint) => Buffer.from((SWIZZLE_PRIME + difference).toString(16), "hex");
    const edges = [ones, Buffer.alloc(NUMBER_BYTES), near(0n), near(-1n), near(1n), Buffer.alloc(NUMBER_BYTES, 1)];
    const edge = fc.constantFrom(...edges);
    const list = (length: number) => fc.array(edge, { minLength: length, maxLength: length });
    fc.assert(
      fc.property(list(12), list(24), list(2), (alphas, data, pads) => {
        compare(
          sectorsBelow(SWIZZLE_PRIME, 12),
          ...([alphas, data, pads].map((each) => Buffer.concat(each)) as [Buffer, Buffer, Buffer]),
        );
      }),
    );
  });

  it("takes more chunks than fit its memory at once", () => {
    const cut = sectorsBelow(SWIZZLE_PRIME, 2);
    compare(cut, randomBytes(256), randomBytes(700 * 256), randomBytes(700 * NUMBER_BYTES));
  });

  it("is not offered for what it cannot do", () => {
    expect(fitsSigmaKernel(sectorsBelow(SWIZZLE_PRIME, 10))).toBe(true);
    for (const cut of [
      sectorsBelow(SWIZZLE_PRIME, 13),
      sectorsBelow(2n ** 1024n - 2n ** 20n, 10),
      sectorsBelow(2n ** 1024n + 643n, 10),
      sectorsBelow(2n ** 1016n - 105n, 10),
    ]) {
      expect(fitsSigmaKernel(cut)).toBe(false);
    }
  });
});
