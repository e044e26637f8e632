import type { Money } from "@cairn/protocol";

const COIN = 10n ** 18n;
/** What two prices are compared by; more is for programs, which get every digit in wei. */
const DIGITS = 4;
/** A millionth: what a small package costs a month is less, and how much less interests nobody. */
const LEAST = 10n ** 12n;

/** Wei as coins for a person: `1.5 CAIRN`. */
export const formatCoins = (wei: Money, format: CoinFormat = {}): string => `${coinFigure(wei, format)} CAIRN`;

/**
 * Wei as a number of coins, of whichever chain: `1.5`. Rounded to `digits` significant digits, though never to less than whole coins; less
 * than a millionth is `<0.000001`, unless `digits` are given.
 */
export function coinFigure(wei: Money, format: CoinFormat = {}): string {
  const { digits = DIGITS, rounding = "nearest" } = format;
  if (wei < 0n) return `-${coinFigure(-wei, format)}`;
  if (wei > 0n && wei < LEAST && format.digits === undefined) {
    return rounding === "up" ? coinFigure(LEAST) : `<${coinFigure(LEAST)}`;
  }
  const unit = 10n ** BigInt(Math.min(18, Math.max(0, wei.toString().length - digits)));
  const rounded = ((wei + { up: unit - 1n, nearest: unit / 2n, down: 0n }[rounding]) / unit) * unit;
  const fraction = (rounded % COIN).toString().padStart(18, "0").replace(/0+$/, "");
  return `${rounded / COIN}${fraction === "" ? "" : `.${fraction}`}`;
}

export interface CoinFormat {
  digits?: number;
  /** `up` where less would not be enough, `down` where more is not there. */
  rounding?: "nearest" | "up" | "down";
}

/** What somebody has, never more than that: 989.999 is `989.9 CAIRN`, which can be taken. */
export const heldCoins = (wei: Money): string => formatCoins(wei, { rounding: "down" });

/** Every digit, for what is added up. */
export const exactCoins = (wei: Money): string => formatCoins(wei, { digits: wei.toString().length });

/** Two different amounts for one sentence, with as many digits as it takes to tell them apart. */
export function compareCoins(a: Money, b: Money): [string, string] {
  for (let digits = DIGITS; ; digits++) {
    const pair = [formatCoins(a, { digits }), formatCoins(b, { digits })] as [string, string];
    if (a === b || pair[0] !== pair[1]) return pair;
  }
}
