import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inverse, invertMatrix, multiply } from "./galois-field.ts";
import { slowMultiply } from "./testing/reference-code.ts";

const byte = fc.nat(255);

function product(a: readonly Uint8Array[], b: readonly Uint8Array[]): number[][] {
  return a.map((row) => [...row].map((_, c) => row.reduce((sum, x, i) => sum ^ multiply(x, b[i]![c]!), 0)));
}

const identity = (size: number) =>
  Array.from({ length: size }, (_, r) => Array.from({ length: size }, (_, c) => Number(r === c)));

describe("GF(2⁸)", () => {
  it("multiplies as the definition does, for every pair", () => {
    for (let a = 0; a < 256; a++)
      for (let b = 0; b < 256; b++) if (multiply(a, b) !== slowMultiply(a, b)) expect([a, b]).toEqual([]);
  });

  it("inverts every element but zero", () => {
    for (let a = 1; a < 256; a++) expect(multiply(a, inverse(a))).toBe(1);
  });
});

describe("invertMatrix", () => {
  it("gives a matrix whose product is the identity, or says that there is none", () => {
    const square = fc
      .integer({ min: 1, max: 7 })
      .chain((size) =>
        fc.array(fc.uint8Array({ minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
      );
    fc.assert(
      fc.property(square, (rows) => {
        const before = rows.map((row) => [...row]);
        const inverted = invertMatrix(rows);
        expect(rows.map((row) => [...row])).toEqual(before);
        if (inverted !== undefined) expect(product(rows, inverted)).toEqual(identity(rows.length));
      }),
    );
  });

  it("knows a singular matrix", () => {
    fc.assert(
      fc.property(byte, byte, byte, (a, b, factor) => {
        const rows = [Uint8Array.of(a, b), Uint8Array.of(multiply(a, factor), multiply(b, factor))];
        expect(invertMatrix(rows)).toBeUndefined();
      }),
    );
  });
});
