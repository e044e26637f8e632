import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../settings.ts";
import { missingChunks, planPool, poolSizes } from "./plan-pool.ts";

const pools = fc
  .record({
    min: fc.integer({ min: 1, max: 100_000 }),
    more: fc.integer({ min: 0, max: 40_000_000 }),
    total: fc.integer({ min: 0, max: 2 ** 40 }),
    base: fc.integer({ min: 2, max: 20 }),
  })
  .map(({ min, more, total, base }) => ({ min, max: min + more, total, base }));

const bytesOf = (plan: Map<number, number>) => [...plan].reduce((sum, [size, count]) => sum + size * count, 0);

/** The original's loop, written as its description has it. */
function original({ min, max, total, base }: { min: number; max: number; total: number; base: number }) {
  let sizes: number[] = [];
  for (let power = 0; base ** power <= max; power++) if (base ** power >= min) sizes.push(base ** power);
  const counts = new Map(sizes.map((size) => [size, 0]));
  while (total >= min && sizes.length > 0) {
    const sum = sizes.reduce((a, b) => a + b);
    const q = (total - (total % sum)) / sum;
    for (const size of sizes) counts.set(size, counts.get(size)! + q);
    total -= q * sum;
    sizes = sizes.slice(0, -1);
  }
  return counts;
}

describe("planPool", () => {
  it("fills the default pool", () => {
    const plan = planPool(DEFAULT_SETTINGS.pool);
    expect([...plan.keys()]).toEqual(Array.from({ length: 16 }, (_, i) => 1024 * 2 ** i));
    expect(plan.get(33_554_432)).toBe(2);
    expect(bytesOf(plan)).toBe(134_217_728);
  });

  it("is what the original's loop gives", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        expect(planPool(pool)).toEqual(original(pool));
      }),
    );
  });

  it("never exceeds the total, uses it up to the smallest size, and has no fewer small chunks than large ones", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        const plan = planPool(pool);
        const sizes = poolSizes(pool);
        expect(bytesOf(plan)).toBeLessThanOrEqual(pool.total);
        if (sizes.length > 0) expect(pool.total - bytesOf(plan)).toBeLessThan(sizes[0]!);
        const counts = [...plan.values()];
        expect(counts).toEqual(counts.toSorted((a, b) => b - a));
      }),
    );
  });

  it("refuses sizes that make no pool", () => {
    const { pool } = DEFAULT_SETTINGS;
    for (const bad of [
      { min: 0 },
      { min: 1.5 },
      { max: 1023 },
      { max: 2 ** 40 },
      { total: -1 },
      { base: 1 },
      { base: Number.NaN },
      { total: Number.POSITIVE_INFINITY },
    ])
      expect(() => planPool({ ...pool, ...bad })).toThrow(expect.objectContaining({ code: "downstream-bad-pool" }));
  });
});

describe("missingChunks", () => {
  it("goes round the sizes", () => {
    const plan = new Map([
      [1, 3],
      [2, 2],
      [4, 1],
    ]);
    expect(missingChunks(plan, new Map())).toEqual([1, 2, 4, 1, 2, 1]);
    expect(missingChunks(plan, new Map([[1, 2]]))).toEqual([1, 2, 4, 2]);
    expect(missingChunks(plan, plan)).toEqual([]);
  });

  it("lists exactly what is missing", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 8 }), (counts) => {
        const plan = new Map(counts.map(([wanted], i) => [2 ** i, wanted]));
        const available = new Map(counts.map(([, there], i) => [2 ** i, there]));
        const missing = missingChunks(plan, available);
        for (const [i, [wanted, there]] of counts.entries())
          expect(missing.filter((size) => size === 2 ** i)).toHaveLength(Math.max(0, wanted - there));
      }),
    );
  });
});
