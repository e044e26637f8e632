import { CairnError } from "@cairn/protocol/errors";
import type { DownstreamSettings } from "../settings.ts";

/** Larger chunks would not fit into memory several times over, as making their tags needs. */
export const MOST_CHUNK_BYTES = 268_435_456;

type PoolSettings = DownstreamSettings["pool"];

function checkPool({ min, max, total, base }: PoolSettings): void {
  const whole = [min, max, total, base].every(Number.isSafeInteger);
  if (whole && min >= 1 && max >= min && max <= MOST_CHUNK_BYTES && total >= 0 && base >= 2) return;
  throw new CairnError("these sizes make no pool of chunks", {
    code: "downstream-bad-pool",
    kind: "input",
    next: `Give whole numbers with 1 ≤ min ≤ max ≤ ${MOST_CHUNK_BYTES}, total ≥ 0 and base ≥ 2.`,
    details: { min, max, total, base },
  });
}

/** @throws CairnError `downstream-chunk-size` */
export function checkChunkSize(size: number): void {
  if (Number.isSafeInteger(size) && size >= 1 && size <= MOST_CHUNK_BYTES) return;
  throw new CairnError(`there are no chunks of ${size} bytes`, {
    code: "downstream-chunk-size",
    kind: "input",
    next: `Give a whole number of bytes from 1 to ${MOST_CHUNK_BYTES}.`,
  });
}

/** Powers of `base` from `min` to `max`, both included, smallest first. */
export function poolSizes({ min, max, base }: PoolSettings): number[] {
  const sizes: number[] = [];
  for (let size = 1; size <= max; size *= base) if (size >= min) sizes.push(size);
  return sizes;
}

/**
 * How many chunks of each size are kept ready, smallest first: as many of every size as go into `total` together; of what is left, as many of
 * every size but the largest; and so on while `min` bytes are left. The rule of the original's `--maintain`.
 *
 * @throws CairnError `downstream-bad-pool`
 */
export function planPool(pool: PoolSettings): Map<number, number> {
  checkPool(pool);
  const sizes = poolSizes(pool);
  const plan = new Map(sizes.map((size) => [size, 0]));
  let rest = pool.total;
  for (let kinds = sizes.length; kinds > 0 && rest >= pool.min; kinds--) {
    const round = sizes.slice(0, kinds);
    const sum = round.reduce((bytes, size) => bytes + size, 0);
    const times = Math.floor(rest / sum);
    for (const size of round) plan.set(size, plan.get(size)! + times);
    rest -= times * sum;
  }
  return plan;
}

/** What `available` lacks of `plan`, in the order of making: one of every size that lacks any, smallest first, and again. */
export function missingChunks(plan: ReadonlyMap<number, number>, available: ReadonlyMap<number, number>): number[] {
  const lacking = [...plan].map(([size, wanted]) => ({ size, count: wanted - (available.get(size) ?? 0) }));
  const rounds = Math.max(0, ...lacking.map(({ count }) => count));
  return Array.from({ length: rounds }, (_, round) =>
    lacking.filter(({ count }) => count > round).map(({ size }) => size),
  ).flat();
}
