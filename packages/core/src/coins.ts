import type { Money } from "@cairn/protocol";

const COIN = 10n ** 18n;
/** What two prices are compared by; more is for programs, which get every digit in wei. */
const DIGITS = 4;

/** Wei as coins for a person: `1.5 CAIRN`. */
export const formatCoins = (wei: Money, format: CoinFormat = {}): string => `${coinFigure(wei, format)} CAIRN`;

/** Wei as a number of coins, of whichever chain: `1.5`. Rounded to `digits` significant digits, though never to less than whole coins. */
export function coinFigure(wei: Money, { digits = DIGITS, rounding = "nearest" }: CoinFormat = {}): string {
  if (wei < 0n) return `-${coinFigure(-wei, { digits, rounding })}`;
  const unit = 10n ** BigInt(Math.min(18, Math.max(0, wei.toString().length - digits)));
  const rounded = ((wei + (rounding === "up" ? unit - 1n : unit / 2n)) / unit) * unit;
  const fraction = (rounded % COIN).toString().padStart(18, "0").replace(/0+$/, "");
  return `${rounded / COIN}${fraction === "" ? "" : `.${fraction}`}`;
}

export interface CoinFormat {
  digits?: number;
  /** `up` where less would not be enough. */
  rounding?: "nearest" | "up";
}

/** Two different amounts for one sentence, with as many digits as it takes to tell them apart. */
export function compareCoins(a: Money, b: Money): [string, string] {
  for (let digits = DIGITS; ; digits++) {
    const pair = [formatCoins(a, { digits }), formatCoins(b, { digits })] as [string, string];
    if (a === b || pair[0] !== pair[1]) return pair;
  }
}
