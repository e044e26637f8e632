/** An amount in a currency, such as `$12.34`: with as many digits as it has while it is below a hundredth. @param amount decimal text */
export function fiatWords(amount: string, currency: string): string {
  const value = Number(amount);
  const digits = value !== 0 && value < 0.01 ? 6 : 2;
  try {
    const format = { style: "currency", currency: currency.toUpperCase(), maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat("en-GB", { ...format, minimumFractionDigits: 2 }).format(value);
  } catch {
    // Operators may have prices in what is no currency of ISO 4217.
    return `${value.toFixed(digits)} ${currency.toUpperCase()}`;
  }
}
