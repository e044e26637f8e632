import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { perGibDay, perGibMonth, priceCeiling, pricePerGibDay, pricePerPeriod } from "./price.ts";

const price = fc.bigInt(0n, 2n ** 64n);
const rawLength = fc.integer({ min: 1, max: 8_000_000 }).map((units) => units * 127);
const periodSeconds = fc.constantFrom(10, 60, 3600);

describe("prices", () => {
  it("are rounded up, once", () => {
    expect(pricePerPeriod(0n, 127, 3600)).toBe(0n);
    expect(pricePerPeriod(1n, 127, 3600)).toBe(1n);
    expect(pricePerPeriod(24n, 1 << 30, 3600)).toBe(1n);
    expect(pricePerPeriod(25n, 1 << 30, 3600)).toBe(2n);
  });

  it("turn back to the lowest price per GiB-day that gives them", () => {
    fc.assert(
      fc.property(price, rawLength, periodSeconds, (wei, bytes, seconds) => {
        const perPeriod = pricePerPeriod(wei, bytes, seconds);
        const lowest = pricePerGibDay(perPeriod, bytes, seconds);
        expect(lowest).toBeLessThanOrEqual(wei);
        expect(pricePerPeriod(lowest, bytes, seconds)).toBe(perPeriod);
        if (lowest > 0n) expect(pricePerPeriod(lowest - 1n, bytes, seconds)).toBeLessThan(perPeriod);
      }),
    );
  });

  it("are shown and given per month, and kept per day without becoming less", () => {
    expect(perGibDay(3n * 10n ** 14n)).toBe(10n ** 13n);
    expect(perGibMonth(10n ** 13n)).toBe(3n * 10n ** 14n);
    fc.assert(
      fc.property(price, (month) => {
        const shown = perGibMonth(perGibDay(month));
        expect(shown >= month && shown < month + 30n).toBe(true);
      }),
    );
  });

  it("have a ceiling under which every quote that was shown fits, and none that is far dearer", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(price, rawLength), { minLength: 1 }), periodSeconds, (list, seconds) => {
        const quotes = list.map(([wei, bytes]) => ({
          rawLength: bytes,
          pricePerPeriod: pricePerPeriod(wei, bytes, seconds),
        }));
        const ceiling = priceCeiling(quotes, seconds);
        for (const quote of quotes) {
          expect(quote.pricePerPeriod).toBeLessThanOrEqual(pricePerPeriod(ceiling, quote.rawLength, seconds));
        }
        expect(list.some(([wei]) => ceiling <= 2n * wei)).toBe(true);
      }),
    );
    expect(priceCeiling([], 60)).toBe(0n);
  });
});
