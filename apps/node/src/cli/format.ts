const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Wei as coins, up to 6 significant decimals. */
export function formatCoins(wei: bigint): string {
  const whole = wei / 10n ** 18n;
  const fraction = (wei % 10n ** 18n).toString().padStart(18, "0");
  const firstDigit = fraction.search(/[1-9]/);
  if (firstDigit === -1) return `${whole} CAIRN`;
  const digits = fraction.slice(0, whole > 0n ? 6 : Math.min(18, firstDigit + 6)).replace(/0+$/, "");
  return `${whole}.${digits === "" ? "0" : digits} CAIRN`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) {
    const rest = Math.ceil(seconds % 60);
    return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
  }
  if (seconds < 2 * 86_400) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
