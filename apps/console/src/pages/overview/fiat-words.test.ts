import { expect, it } from "vitest";
import { fiatWords } from "./fiat-words.ts";

it("money is said in its currency, and a little is never nothing", () => {
  expect(fiatWords("1234.567891", "usd")).toBe("US$1,234.57");
  expect(fiatWords("0", "eur")).toBe("€0.00");
  expect(fiatWords("0.000012", "eur")).toBe("€0.000012");
  expect(fiatWords("2.5", "gold-gram")).toBe("2.50 GOLD-GRAM");
});
