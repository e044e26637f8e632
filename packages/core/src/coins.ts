import type { Money } from "@cairn/protocol";

/** Wei as coins, with up to six significant decimals: `1.5 CAIRN`. */
export function formatCoins(wei: Money): string {
  const whole = wei / 10n ** 18n;
  const fraction = (wei % 10n ** 18n).toString().padStart(18, "0");
  const firstDigit = fraction.search(/[1-9]/);
  if (firstDigit === -1) return `${whole} CAIRN`;
  const digits = fraction.slice(0, whole > 0n ? 6 : Math.min(18, firstDigit + 6)).replace(/0+$/, "");
  return `${whole}.${digits === "" ? "0" : digits} CAIRN`;
}
