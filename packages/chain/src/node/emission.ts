/** Block rewards as FileFileGo has them: 40 coins a block, halved every 6,307,200 blocks (24 months of 10 s), never above 500,000,000 coins. */
export const REWARD_GWEI = 40_000_000_000n;
export const HALVING_BLOCKS = 6_307_200n;
export const CAP_GWEI = 500_000_000n * 1_000_000_000n;

/** Σ of the rewards of blocks 1…height without the cap, in gwei. */
function uncapped(height: bigint): bigint {
  let sum = 0n;
  let left = height;
  for (let reward = REWARD_GWEI; left > 0n && reward > 0n; reward >>= 1n) {
    const blocks = left < HALVING_BLOCKS ? left : HALVING_BLOCKS;
    sum += reward * blocks;
    left -= blocks;
  }
  return sum;
}

/**
 * Coins in existence after block `height`, in gwei: `initial` (the genesis balances) and every reward, in closed form of the height,
 * so that no stored figure can be wrong. What genesis holds counts against the cap.
 */
export function supplyAt(height: bigint, initial = 0n): bigint {
  const sum = initial + uncapped(height);
  if (sum <= CAP_GWEI) return sum;
  return initial > CAP_GWEI ? initial : CAP_GWEI;
}

/** The reward of block `height` ≥ 1 in gwei, the unit of an EIP-4895 withdrawal. */
export function rewardAt(height: bigint, initial = 0n): bigint {
  return height < 1n ? 0n : supplyAt(height, initial) - supplyAt(height - 1n, initial);
}
