/** Why a text is no amount of coins: `empty`, `no-number`, `digits` (more than 18 after the point), `zero`, `long`. */
export type NoAmount = "empty" | "no-number" | "digits" | "zero" | "long";

const DIGITS = 18;
/** Before the point: more coins than there can be. */
const MOST = 12;

/**
 * What a person typed as an amount of coins, in wei, to the last digit: nothing goes through a floating-point number. Spaces around it are ignored;
 * a comma is refused, since it means thousands to some and a point to others.
 */
export function parseCoins(text: string): bigint | NoAmount {
  const typed = text.trim();
  if (typed === "") return "empty";
  const parts = /^(\d*)(?:\.(\d*))?$/.exec(typed);
  const [, whole = "", fraction = ""] = parts ?? [];
  if (parts === null || whole + fraction === "") return "no-number";
  const digits = fraction.replace(/0+$/, "");
  if (digits.length > DIGITS) return "digits";
  const before = whole.replace(/^0+/, "");
  if (before.length > MOST) return "long";
  const wei = BigInt(`${before || "0"}${digits.padEnd(DIGITS, "0")}`);
  return wei === 0n ? "zero" : wei;
}
