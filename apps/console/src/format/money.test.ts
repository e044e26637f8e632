import { describe, expect, it } from "vitest";
import { exactCoins } from "./exact-coins.ts";
import { parseCoins } from "./parse-coins.ts";
import { smallCoins } from "./small-coins.ts";

const COIN = 10n ** 18n;

describe("an amount that was typed", () => {
  it("is read to the last digit", () => {
    expect(parseCoins("1")).toBe(COIN);
    expect(parseCoins(" 0.1 ")).toBe(COIN / 10n);
    expect(parseCoins(".5")).toBe(COIN / 2n);
    expect(parseCoins("3.")).toBe(3n * COIN);
    expect(parseCoins("007.10")).toBe(71n * (COIN / 10n));
    expect(parseCoins("0.000000000000000001")).toBe(1n);
    expect(parseCoins("1.0000000000000000000000")).toBe(COIN);
    // As a double it is 123456789012.12345886…
    expect(parseCoins("123456789012.123456789012345678")).toBe(123456789012123456789012345678n);
  });

  it("is refused with its reason where it is none", () => {
    expect(["", "  "].map(parseCoins)).toEqual(["empty", "empty"]);
    for (const text of ["1,5", "1e18", "-1", "+1", "0x10", "1 000", "one", ".", "1.2.3", "٣", "NaN"])
      expect([text, parseCoins(text)]).toEqual([text, "no-number"]);
    expect(parseCoins("0.0000000000000000001")).toBe("digits");
    expect(["0", "0.0", "000"].map(parseCoins)).toEqual(["zero", "zero", "zero"]);
    expect(parseCoins("1234567890123")).toBe("long");
  });
});

describe("an exact amount", () => {
  it("has every digit, and is read back as the same", () => {
    for (const wei of [1n, COIN, COIN / 3n, 12n * COIN + 5n, 10n ** 29n + 1n]) {
      expect(parseCoins(exactCoins(wei))).toBe(wei);
    }
    expect(exactCoins("-1500000000000000000")).toBe("-1.5");
    expect(exactCoins(0n)).toBe("0");
  });
});

it("a payment of few wei is shown with its first digits, others as everywhere", () => {
  expect([0n, 1n, -1234567n, COIN, COIN / 3n].map(smallCoins)).toEqual([
    ...["0", "0.000000000000000001", "−0.00000000000123", "1", "0.333333"],
  ]);
});
