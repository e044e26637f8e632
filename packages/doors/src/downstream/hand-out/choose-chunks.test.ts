import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseChunks } from "./choose-chunks.ts";

const chunk = (id: number, size: number, fileId = id) => ({ id: String(id), fileId: String(fileId), size });

const candidates = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(8)), { maxLength: 30 })
  .map((list) => list.map(([size, file], id) => chunk(id, size, file)));

describe("chooseChunks", () => {
  it("takes again and again the largest that fits", () => {
    const pool = [chunk(1, 32), chunk(2, 32), chunk(3, 16), chunk(4, 8), chunk(5, 4)];
    expect(chooseChunks(pool, 60, 10).map(({ size }) => size)).toEqual([32, 16, 8, 4]);
    expect(chooseChunks(pool, 31, 10).map(({ size }) => size)).toEqual([16, 8, 4]);
    expect(chooseChunks(pool, 1000, 2).map(({ size }) => size)).toEqual([32, 32]);
    expect(chooseChunks(pool, 3, 10)).toEqual([]);
  });

  it("prefers what comes first to what is larger", () => {
    expect(chooseChunks([chunk(1, 5), chunk(2, 10)], 10, 10).map(({ id }) => id)).toEqual(["1"]);
  });

  it("never exceeds bytes or number, never takes a file twice, and leaves nothing that would fit", () => {
    fc.assert(
      fc.property(candidates, fc.nat(5000), fc.integer({ min: 1, max: 12 }), (pool, bytes, most) => {
        const chosen = chooseChunks(pool, bytes, most);
        const sum = chosen.reduce((total, { size }) => total + size, 0);
        const files = new Set(chosen.map(({ fileId }) => fileId));
        expect(sum).toBeLessThanOrEqual(bytes);
        expect(chosen.length).toBeLessThanOrEqual(most);
        expect(files.size).toBe(chosen.length);
        if (chosen.length === most) return;
        for (const { fileId, size } of pool) if (!files.has(fileId)) expect(size).toBeGreaterThan(bytes - sum);
      }),
    );
  });
});
