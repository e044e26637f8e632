import { coinFigure } from "@cairn/core/coins";

const DIGITS = 18;

/** What a person typed as wei: `0.5`, `1,5`. Undefined where it is no number of coins; what is finer than a wei is not rounded but refused. */
export function readCoins(text: string): bigint | undefined {
  const found = /^(-?)(\d{0,60})(?:[.,](\d{0,60}))?$/.exec(text.trim());
  const [, sign = "", whole = "", fraction = ""] = found ?? [];
  if (found === null || whole + fraction === "") return undefined;
  const digits = fraction.replace(/0+$/, "");
  if (digits.length > DIGITS) return undefined;
  const wei = BigInt(`${whole || "0"}${digits.padEnd(DIGITS, "0")}`);
  return sign === "" ? wei : -wei;
}

/** Every digit of an amount, as it can be typed again. */
export const writeCoins = (wei: bigint): string => coinFigure(wei, { digits: 78 });
