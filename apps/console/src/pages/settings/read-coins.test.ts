import { expect, it } from "vitest";
import { readCoins, writeCoins } from "./read-coins.ts";

it("reads what people type of coins to the wei, and refuses what is none", () => {
  expect(["0.5", "1,5", "2", ".000000000000000001", "-1", "0"].map(readCoins)).toEqual([
    ...[5n * 10n ** 17n, 15n * 10n ** 17n, 2n * 10n ** 18n, 1n, -(10n ** 18n), 0n],
  ]);
  expect(["", ".", "abc", "1.2.3", "1e3", "0.0000000000000000001", "1 000"].map(readCoins)).toEqual(
    Array(7).fill(undefined),
  );
});

it("writes every digit, so that what is saved comes back as it was", () => {
  for (const wei of [0n, 1n, 10n ** 18n, 123_456_789_012_345_678_901n, 2n ** 63n - 1n])
    expect(readCoins(writeCoins(wei))).toBe(wei);
});
