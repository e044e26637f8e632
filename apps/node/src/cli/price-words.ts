import { counted, formatBytes, formatCoins } from "./format.ts";

const MONTH_SECONDS = 30n * 86_400n;
const GIB = 1_073_741_824n;

export interface Priced {
  /** Bytes of the owner's own files. */
  bytes: number;
  /** Shards that restore a piece. */
  k: number;
  n: number;
  /** Raw length of each shard that is paid for. */
  shards: readonly number[];
  /** Wei of all of them together. */
  pricePerPeriod: bigint;
}

/** A price per period as one per month of 30 days. */
const perMonth = (pricePerPeriod: bigint, periodSeconds: number): bigint =>
  (pricePerPeriod * MONTH_SECONDS) / BigInt(periodSeconds);

/**
 * What a package costs: in all a month of 30 days, for each GiB that providers hold (which is what they ask), and for each GiB of the
 * owner's own bytes; of a small package that last figure says nothing, and why is said instead.
 */
export function priceWords({ bytes, k, n, shards, pricePerPeriod }: Priced, periodSeconds: number): string {
  const month = perMonth(pricePerPeriod, periodSeconds);
  const stored = shards.reduce((sum, length) => sum + length, 0);
  if (month === 0n || stored === 0) return "nothing: no live deals, or none that cost";
  const perGib = formatCoins((month * GIB) / BigInt(stored));
  const all = `${formatCoins(month)} a month for ${counted(shards.length, "shard")} of ${formatBytes(stored)} in all, ${perGib} per GiB of them`;
  if (stored > 2 * (n / k) * bytes) {
    return `${all}; of so small a package most is what every package has: its list of files, keys and checksums`;
  }
  return `${all}, ${formatCoins((month * GIB) / BigInt(bytes))} per GiB of yours`;
}
