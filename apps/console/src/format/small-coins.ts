import { coins } from "./coins.ts";
import { exactCoins } from "./exact-coins.ts";

/** Below this, `coins` says no more than that there is some. */
const LEAST = 10n ** 12n;
const DIGITS = 3;

/** As `coins`; of payments that are too small for six digits, the first three that are not zero, rounded down: `0.00000000123`. */
export function smallCoins(wei: string | bigint): string {
  const amount = BigInt(wei);
  const value = amount < 0n ? -amount : amount;
  if (value === 0n || value >= LEAST) return coins(amount);
  const unit = 10n ** BigInt(Math.max(0, value.toString().length - DIGITS));
  return `${amount < 0n ? "−" : ""}${exactCoins((value / unit) * unit)}`;
}
