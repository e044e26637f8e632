import fc from "fast-check";
import { expect, it } from "vitest";
import { inFiat, medianRate, parseRates, readDay, readRate } from "./fiat.ts";

it("reads prices digit by digit, with exponents, and nothing that is none", () => {
  const read = ["4.21", "0.1", "5", "1e-7", "1.5E3", "12.3456789012345678999", "007.50"].map(readRate);
  expect(read).toEqual(["4.21", "0.1", "5", "0.0000001", "1500", "12.345678901234567899", "7.5"]);
  for (const text of ["", "0", "0.0", "-1", "1,5", "NaN", "1e99", "1e-40", "0x10", "1.", ".5", "9".repeat(41)])
    expect([text, readRate(text)]).toEqual([text, undefined]);
});

it("takes the middle of several, exactly", () => {
  expect(medianRate(["4.2"])).toBe("4.2");
  expect(medianRate(["1", "100", "4.2"])).toBe("4.2");
  expect(medianRate(["0.1", "0.2"])).toBe("0.15");
  expect(medianRate(["1", "3", "0.000000000000000002", "2"])).toBe("1.5");
  expect(() => medianRate([])).toThrow(RangeError);
});

it("converts to the sixth digit, never to more than it is, and without the errors of binary fractions", () => {
  expect(inFiat(10n ** 18n, "4.21")).toBe("4.21");
  expect(inFiat(3n * 10n ** 17n, "0.1")).toBe("0.03");
  expect(inFiat(1n, "4")).toBe("0");
  expect(inFiat(2n * 10n ** 18n, "0.0000009")).toBe("0.000001");
  expect(inFiat(10n ** 30n, "123456789.123456789")).toBe("123456789123456789000");
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 12n }), (wei, cents) => {
      const rate = readRate(`${cents / 100n}.${(cents % 100n).toString().padStart(2, "0")}`)!;
      const [whole, fraction = ""] = inFiat(wei, rate).split(".");
      const micros = BigInt(whole!) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
      expect(micros).toBe((wei * cents) / 10n ** 14n);
    }),
  );
});

it("reads files of both kinds, and says which line is none", () => {
  const days = [
    { day: "2026-11-28", rate: "4.2" },
    { day: "2026-11-29", rate: "4.21" },
  ];
  expect(parseRates("date,rate\r\n2026-11-28,4.20\n\n2026-11-29;4.21\n")).toEqual(days);
  expect(parseRates('"2026-11-28","4.2"\n2026-11-29T00:00:00Z\t4.21')).toEqual(days);
  expect(parseRates('[{"date":"2026-11-28","rate":4.20},{"day":"2026-11-29","rate":"4.21"}]')).toEqual(days);
  expect(parseRates('{"2026-11-28": 4.2, "2026-11-29": 4.21}')).toEqual(days);
  expect(parseRates('{"2026-11-28": 0.12345678901234567}')[0]!.rate).toBe("0.12345678901234567");
  for (const [text, why] of [
    ["", "no rate"],
    ["2026-11-28,4\n2026-02-30,4", "line 2"],
    ["2026-11-28,4\n2026-11-29,-4", "line 2"],
    ["[{}]", "entry 1"],
    ["[null]", "entry 1"],
    ["{", "not JSON"],
    ["2026-11-28,1\n".repeat(10_001), "more than"],
  ] as const)
    expect(() => parseRates(text)).toThrow(why);
  expect(readDay("2026-13-01")).toBe(undefined);
});
