const WEI = 10n ** 18n;

/** Wei as coins with every digit there is, and no separators: for what is added up, and for files. @param wei decimal text or an integer; it may be negative */
export function exactCoins(wei: string | bigint): string {
  const amount = BigInt(wei);
  const value = amount < 0n ? -amount : amount;
  const rest = (value % WEI).toString().padStart(18, "0").replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${value / WEI}${rest === "" ? "" : `.${rest}`}`;
}
