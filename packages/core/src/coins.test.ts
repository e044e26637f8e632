import fc from "fast-check";
import { expect, it } from "vitest";
import { compareCoins, exactCoins, formatCoins, heldCoins } from "./coins.ts";

const COIN = 10n ** 18n;

it("shows amounts in coins with four significant digits, and all of the whole coins", () => {
  const amounts = [
    0n,
    1n,
    15n * 10n ** 17n,
    COIN + 1n,
    123_456_789n * 10n ** 8n,
    12_345n * COIN + COIN / 2n,
    COIN - 1n,
  ];
  expect(amounts.map((wei) => formatCoins(wei))).toEqual([
    "0 CAIRN",
    "<0.000001 CAIRN",
    "1.5 CAIRN",
    "1 CAIRN",
    "0.01235 CAIRN",
    "12346 CAIRN",
    "1 CAIRN",
  ]);
  expect(formatCoins(-15n * 10n ** 17n)).toBe("-1.5 CAIRN");
});

it("rounds up where less would not be enough", () => {
  expect(formatCoins(COIN + 1n, { rounding: "up" })).toBe("1.001 CAIRN");
  expect(formatCoins(COIN, { rounding: "up" })).toBe("1 CAIRN");
  expect(formatCoins(1n, { rounding: "up" })).toBe("0.000001 CAIRN");
});

it("never shows more than somebody has, and all of it where it is to be added up", () => {
  expect(heldCoins(989_999n * 10n ** 15n)).toBe("989.9 CAIRN");
  expect(heldCoins(12_345n * COIN + COIN - 1n)).toBe("12345 CAIRN");
  expect(heldCoins(COIN)).toBe("1 CAIRN");
  expect(heldCoins(0n)).toBe("0 CAIRN");
  expect(heldCoins(1n)).toBe("<0.000001 CAIRN");
  expect(exactCoins(989_999n * 10n ** 15n)).toBe("989.999 CAIRN");
  expect(exactCoins(COIN + 1n)).toBe("1.000000000000000001 CAIRN");
  expect(exactCoins(1n)).toBe("0.000000000000000001 CAIRN");
  const weiOf = (text: string) => {
    const [whole = "", fraction = ""] = text.replace(" CAIRN", "").split(".");
    return BigInt(whole) * COIN + BigInt(fraction.padEnd(18, "0"));
  };
  fc.assert(
    fc.property(fc.bigInt({ min: 10n ** 12n, max: 10n ** 30n }), (wei) => {
      expect(weiOf(exactCoins(wei))).toBe(wei);
      const held = weiOf(heldCoins(wei));
      expect(held <= wei && (wei - held) * 1000n < wei).toBe(true);
    }),
  );
});

it("tells two amounts apart that are not the same", () => {
  expect(compareCoins(COIN, 2n * COIN)).toEqual(["1 CAIRN", "2 CAIRN"]);
  expect(compareCoins(COIN, COIN + 10n ** 11n)).toEqual(["1 CAIRN", "1.0000001 CAIRN"]);
  expect(compareCoins(1n, 2n)).toEqual(["0.000000000000000001 CAIRN", "0.000000000000000002 CAIRN"]);
  expect(compareCoins(COIN, COIN)).toEqual(["1 CAIRN", "1 CAIRN"]);
  const money = fc.bigInt({ min: 0n, max: 10n ** 30n });
  fc.assert(
    fc.property(money, money, (a, b) => {
      const [one, other] = compareCoins(a, b);
      expect(one === other).toBe(a === b);
    }),
  );
});
