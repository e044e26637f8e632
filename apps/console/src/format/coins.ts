const WEI = 10n ** 18n;
const DIGITS = 6n;

/**
 * Wei as coins with at most six digits after the point, rounded down; what is not zero is never shown as zero.
 * @param wei decimal text, as the API has money
 */
export function coins(wei: string | bigint): string {
  const amount = BigInt(wei);
  const sign = amount < 0n ? "−" : "";
  const value = amount < 0n ? -amount : amount;
  const unit = 10n ** (18n - DIGITS);
  if (value > 0n && value < unit) return `${sign}< 0.000001`;
  const rest = ((value % WEI) / unit).toString().padStart(Number(DIGITS), "0").replace(/0+$/, "");
  const whole = (value / WEI).toString().replace(/\B(?=(\d{3})+$)/g, " ");
  return `${sign}${whole}${rest === "" ? "" : `.${rest}`}`;
}
